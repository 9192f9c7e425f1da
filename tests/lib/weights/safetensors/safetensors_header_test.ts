import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LocRefError } from "../../../../lib/core/error.ts";
import { WeightFileError } from "../../../../lib/weights/weight_file_error.ts";
import {
  headerLength,
  parseHeader,
} from "../../../../lib/weights/safetensors/safetensors_header.ts";

const FILE = "weights.safetensors";
const DATA_BYTES = 64;

interface Entry {
  dtype: unknown;
  shape: unknown;
  data_offsets: unknown;
}

function soundEntries(): Record<string, Entry> {
  return {
    a: { dtype: "F32", shape: [2, 4], data_offsets: [0, 32] },
    b: { dtype: "F16", shape: [8], data_offsets: [32, 48] },
    c: { dtype: "I64", shape: [], data_offsets: [48, 56] },
    d: { dtype: "U8", shape: [8], data_offsets: [56, 64] },
  };
}

/** Reads a whole file in memory, as `openSafetensors` does from disk. */
function readWhole(file: Uint8Array) {
  const length = headerLength(file.subarray(0, 8), file.length, FILE);
  return parseHeader(file.subarray(8, 8 + length), file.length, FILE);
}

function fileOf(header: Uint8Array, length: bigint = BigInt(header.length)) {
  const file = new Uint8Array(8 + header.length + DATA_BYTES);
  new DataView(file.buffer).setBigUint64(0, BigInt.asUintN(64, length), true);
  file.set(header, 8);
  return file;
}

const utf8 = new TextEncoder();

function fileOfText(text: string): Uint8Array {
  return fileOf(utf8.encode(text));
}

const name = fc.constantFrom("a", "b", "c", "d");
const junk = fc.oneof(
  fc.constantFrom<unknown>(null, true, "x", {}, [], -1, 0.5, 1e300, "1"),
  fc.constantFrom<unknown>([-1], [1.5], ["2"], [null], [[2]], [1, 2, 3]),
);

/** Files that differ from a sound one in a way that every reader must refuse. */
const broken: Record<string, fc.Arbitrary<Uint8Array>> = {
  "header length": fc.oneof(
    fc.bigInt({ min: 0n, max: 1n }),
    fc.bigInt({ min: 400n, max: (1n << 64n) - 1n }),
  ).map((length) =>
    fileOf(utf8.encode(JSON.stringify(soundEntries())), length)
  ),
  "cut short": fc.nat({ max: 300 }).map((keep) => {
    const whole = fileOfText(JSON.stringify(soundEntries()));
    return whole.slice(0, Math.min(keep, whole.length - 1));
  }),
  "bytes after the last tensor": fc.integer({ min: 1, max: 99 }).map((more) => {
    const whole = fileOfText(JSON.stringify(soundEntries()));
    return new Uint8Array([...whole, ...new Uint8Array(more)]);
  }),
  "offsets": fc.tuple(name, fc.integer(), fc.integer())
    .filter(([key, begin, end]) => {
      const [b, e] = soundEntries()[key]!.data_offsets as number[];
      return begin !== b || end !== e;
    })
    .map(([key, begin, end]) => withField(key, "data_offsets", [begin, end])),
  "small offsets": fc.tuple(name, fc.nat({ max: 80 }), fc.nat({ max: 80 }))
    .filter(([key, begin, end]) => {
      const [b, e] = soundEntries()[key]!.data_offsets as number[];
      return begin !== b || end !== e;
    })
    .map(([key, begin, end]) => withField(key, "data_offsets", [begin, end])),
  "huge shapes": fc.tuple(
    name,
    fc.array(fc.integer({ min: 3, max: Number.MAX_SAFE_INTEGER }), {
      minLength: 3,
      maxLength: 12,
    }),
  ).map(([key, shape]) => withField(key, "shape", shape)),
  "wrong types": fc.tuple(
    name,
    fc.constantFrom("dtype" as const, "data_offsets" as const),
    junk,
  ).map(([key, field, value]) => withField(key, field, value)),
  "shapes that are none": fc.tuple(
    name,
    fc.constantFrom<unknown>(null, "2", {}, 8, [-8], [8.5], ["8"], [1e300]),
  ).map(([key, shape]) => withField(key, "shape", shape)),
  "missing fields": fc.tuple(
    name,
    fc.constantFrom(
      "dtype" as const,
      "shape" as const,
      "data_offsets" as const,
    ),
  ).map(([key, field]) => withField(key, field, undefined)),
  "unknown dtypes": fc.tuple(name, fc.string()).map(([key, dtype]) =>
    withField(key, "dtype", `${dtype}?`)
  ),
  "entries that are none": fc.tuple(name, junk).map(([key, value]) =>
    fileOfText(JSON.stringify({ ...soundEntries(), [key]: value }))
  ),
  "duplicate keys": fc.tuple(name, fc.boolean()).map(([key, escaped]) => {
    const text = JSON.stringify(soundEntries());
    const code = key.charCodeAt(0).toString(16).padStart(4, "0");
    const spelt = escaped ? `\\u${code}` : key;
    const entry = JSON.stringify(soundEntries()[key]);
    return fileOfText(`${text.slice(0, -1)}, "${spelt}" : ${entry}}`);
  }),
  "duplicate fields": name.map((key) =>
    fileOfText(
      JSON.stringify(soundEntries()).replace(
        `"${key}":{`,
        `"${key}":{"dtype":"F32",`,
      ),
    )
  ),
  "__proto__": fc.tuple(
    fc.constantFrom("__proto__", "\\u005f_proto__"),
    fc.constantFrom("", '"__metadata__":{"x":"y"},'),
    name,
  ).map(([proto, before, key]) =>
    fileOfText(
      JSON.stringify(soundEntries()).replace(
        `"${key}":{`,
        `${before}"${proto}":{`,
      ),
    )
  ),
  "bad UTF-8": fc.tuple(
    fc.nat({ max: 150 }),
    fc.constantFrom([0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80]),
  ).map(([at, bytes]) => {
    const header = utf8.encode(JSON.stringify(soundEntries()));
    return fileOf(
      new Uint8Array([...header.slice(0, at), ...bytes, ...header.slice(at)]),
    );
  }),
  "not an object": fc.oneof(
    fc.string({ minLength: 2 }).map((text) => `${text}!`),
    fc.constantFrom("[]", "null", "12", '"ab"', "{}}", "  ", '\ufeff{"a":1}'),
    fc.constantFrom(100, 10_000, 1_000_000).map((deep) => "[".repeat(deep)),
    fc.constantFrom(100, 10_000).map((deep) =>
      '{"a":'.repeat(deep) + "1" + "}".repeat(deep)
    ),
  ).map(fileOfText),
  // null is no metadata, as the reference implementation reads it.
  "metadata that is no text": junk.filter((value) =>
    value !== null && JSON.stringify(value) !== "{}"
  ).map((value) =>
    fileOfText(JSON.stringify({ __metadata__: value, ...soundEntries() }))
  ),
  "metadata with values that are no text": junk.filter((value) =>
    typeof value !== "string"
  ).map((value) =>
    fileOfText(
      JSON.stringify({ __metadata__: { step: value }, ...soundEntries() }),
    )
  ),
};

function withField(key: string, field: keyof Entry, value: unknown) {
  const entries = soundEntries();
  entries[key] = { ...entries[key]!, [field]: value };
  return fileOfText(JSON.stringify(entries));
}

Deno.test("The file that is mutated is sound", () => {
  const { tensors } = readWhole(fileOfText(JSON.stringify(soundEntries())));
  assertEquals([...tensors.keys()], ["a", "b", "c", "d"]);
});

Deno.test("Metadata that is null is none", () => {
  const text = JSON.stringify({ __metadata__: null, ...soundEntries() });
  assertEquals(readWhole(fileOfText(text)).metadata, {});
});

const runs = Math.ceil(10_000 / Object.keys(broken).length);
for (const [kind, files] of Object.entries(broken)) {
  Deno.test(`${runs} files are refused with a typed error: ${kind}`, () => {
    fc.assert(
      fc.property(files, (file) => {
        const error = assertThrows(() => readWhole(file), LocRefError);
        assertEquals(error.code, "file-invalid");
        assert(error.message.startsWith(FILE), error.message);
        assert(error.message.length < 1_000, error.message);
      }),
      { numRuns: runs, seed: 6 },
    );
  });
}

Deno.test("Any byte of a header may change without a crash", () => {
  const whole = fileOfText(JSON.stringify(soundEntries()));
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.nat({ max: whole.length - DATA_BYTES - 1 }), fc.nat(255)),
        { minLength: 1, maxLength: 6 },
      ),
      (changes) => {
        const file = whole.slice();
        for (const [at, byte] of changes) file[at] = byte;
        try {
          const { tensors } = readWhole(file);
          for (const { offset, length } of tensors.values()) {
            assert(offset + length <= file.length);
          }
        } catch (error) {
          assert(error instanceof LocRefError, String(error));
        }
      },
    ),
    { numRuns: 3_000, seed: 6 },
  );
});

Deno.test("A header longer than the limit is refused before it is read", () => {
  const start = new Uint8Array(8);
  new DataView(start.buffer).setBigUint64(0, 90_000_000_000n, true);
  assertThrows(
    () => headerLength(start, 200_000_000_000, FILE),
    LocRefError,
    "has a header of 90000000000 bytes, more than the",
  );
});

Deno.test("An error names the file and the tensor", () => {
  assertThrows(
    () => readWhole(withField("b", "data_offsets", [30, 46])),
    LocRefError,
    'weights.safetensors: tensor "b" overlaps tensor "a"',
  );
});

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
