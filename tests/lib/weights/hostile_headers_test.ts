import { assert, assertThrows } from "@std/assert";
import { WeightFileError } from "../../../lib/weights/weight_file_error.ts";
import { parseHeader } from "../../../lib/weights/safetensors/safetensors_header.ts";

const SIZE = 8_000_000;

function many(entry: (i: number) => string): string {
  const parts: string[] = [];
  for (let i = 0, size = 0; size < SIZE; i++) {
    parts.push(entry(i));
    size += parts[i]!.length + 1;
  }
  return `{${parts.join(",")}}`;
}

/** Headers of many megabytes that readers may choke on. */
const headers: Record<string, () => string> = {
  "brackets": () => "[".repeat(SIZE),
  "nested objects": () => '{"a":'.repeat(SIZE / 5),
  "nested lists that close": () =>
    `{"a":${"[".repeat(SIZE / 2)}${"]".repeat(SIZE / 2)}}`,
  "a string without an end": () => `{"${"a".repeat(SIZE)}`,
  "one long name": () => `{"${"a".repeat(SIZE)}":{}}`,
  "a name of escapes": () => `{"${"\\u0061".repeat(SIZE / 6)}":{}}`,
  "one long number": () => `{"a":${"1".repeat(SIZE)}}`,
  "one long exponent": () => `{"a":1e${"9".repeat(SIZE)}}`,
  "spaces": () => " ".repeat(SIZE),
  "millions of names": () => many((i) => `"${i.toString(36)}":0`),
  "millions of fields": () => `{"a":${many((i) => `"${i.toString(36)}":0`)}}`,
  "one name over and over": () => many(() => '"a":0'),
  "tensors in the same place": () =>
    many((i) => `"${i}":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}`),
  "millions of dimensions": () =>
    `{"a":{"dtype":"F32","shape":[${
      "1,".repeat(SIZE / 2)
    }1],"data_offsets":[0,4]}}`,
};

for (const [label, text] of Object.entries(headers)) {
  Deno.test(`A header of ${label} is refused within seconds, in a short sentence`, () => {
    const header = new TextEncoder().encode(text());
    const start = performance.now();
    const error = assertThrows(
      () => parseHeader(header, 8 + header.length + 4, "x.safetensors"),
      WeightFileError,
    );
    const took = performance.now() - start;
    assert(took < 5_000, `${took} ms`);
    assert(error.message.length < 600, error.message.slice(0, 700));
  });
}
