import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { resample } from "../../../../../train/dataset/build/picture/resample.ts";
import { resampleBinary } from "../../../../../train/dataset/build/picture/resample_binary.ts";
import { random } from "../../../../../lib/core/random.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Lanczos' kernel of 3 lobes. */
function lanczos(x: number): number {
  if (x === 0 || x >= 3) return x === 0 ? 1 : 0;
  const sinc = (y: number) => Math.sin(Math.PI * y) / (Math.PI * y);
  return sinc(x) * sinc(x / 3);
}

/** How much of each of `from` pixels makes each of `to`, in plain numbers. */
function shares(from: number, to: number): number[][] {
  const scale = Math.max(1, from / to);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * from / to - 0.5;
    const weights = Array.from(
      { length: from },
      (_, j) => lanczos(Math.abs(j - centre) / scale),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  });
}

function expected(data: Uint8Array, from: Size, to: Size): number[] {
  const down = shares(from.height, to.height);
  const across = shares(from.width, to.width);
  const out: number[] = [];
  for (const rows of down) {
    for (const columns of across) {
      for (let c = 0; c < 3; c++) {
        let value = 0;
        rows.forEach((row, y) =>
          columns.forEach((column, x) => {
            value += row * column * data[3 * (y * from.width + x) + c]!;
          })
        );
        out.push(Math.min(255, Math.max(0, value)));
      }
    }
  }
  return out;
}

function noise(seed: string, { width, height }: Size): Uint8Array {
  const numbers = random("resample", seed);
  return new Uint8Array(3 * width * height).map(() => numbers.integer(256));
}

const size = fc.record({
  width: fc.integer({ min: 1, max: 50 }),
  height: fc.integer({ min: 1, max: 50 }),
});

Deno.test("a resampled picture is Lanczos' convolution to one step of 255", () => {
  fc.assert(
    fc.property(size, size, (from, to) => {
      const data = noise(JSON.stringify([from, to]), from);
      const part = { data, rowWidth: from.width, left: 0, top: 0, ...from };
      const wanted = expected(data, from, to);
      const found = resample(part, to);
      assertEquals(found.length, wanted.length);
      found.forEach((value, i) => assert(Math.abs(value - wanted[i]!) <= 1));
    }),
    { numRuns: 100 },
  );
});

Deno.test("only the part that is named is resampled", () => {
  const data = noise("part", { width: 20, height: 10 });
  const rows = [2, 3, 4, 5, 6].flatMap((y) => [
    ...data.subarray(3 * (20 * y + 7), 3 * (20 * y + 13)),
  ]);
  const shape = { width: 6, height: 5 };
  const inside = { data, rowWidth: 20, left: 7, top: 2, ...shape };
  const alone = {
    data: Uint8Array.from(rows),
    rowWidth: 6,
    left: 0,
    top: 0,
    ...shape,
  };
  for (const to of [{ width: 12, height: 11 }, { width: 3, height: 2 }]) {
    assertEquals(resample(inside, to), resample(alone, to));
  }
});

Deno.test("a picture of its own size stays as it is, with room for a fourth value", () => {
  const shape = { width: 9, height: 7 };
  const data = noise("same", shape);
  const part = { data, rowWidth: 9, left: 0, top: 0, ...shape };
  assertEquals(resample(part, shape), data);
  const four = resample(part, { ...shape, channels: 4 });
  assertEquals(four.length, 4 * 63);
  assertEquals(four.filter((_, i) => i % 4 < 3), data);
});

Deno.test("a single colour stays at every size", () => {
  fc.assert(
    fc.property(size, size, fc.integer({ min: 0, max: 255 }), (from, to, v) => {
      const data = new Uint8Array(3 * from.width * from.height).fill(v);
      const part = { data, rowWidth: from.width, left: 0, top: 0, ...from };
      assert(resample(part, to).every((value) => value === v));
    }),
  );
});

const folder = new URL(
  "../../../../../train/dataset/build/picture/",
  import.meta.url,
);

Deno.test("resample.wasm is what wabt builds from resample.wat", async () => {
  const { default: openWabt } = await import("wabt");
  const wabt = await openWabt();
  const text = await Deno.readTextFile(new URL("resample.wat", folder));
  const module = wabt.parseWat("resample.wat", text, { simd: true });
  try {
    assertEquals(
      Buffer.from(module.toBinary({}).buffer),
      Buffer.from(await Deno.readFile(new URL("resample.wasm", folder))),
    );
  } finally {
    module.destroy();
  }
});

Deno.test("the embedded bytes are those of resample.wasm", async () => {
  assertEquals(
    Buffer.from(resampleBinary, "base64"),
    Buffer.from(await Deno.readFile(new URL("resample.wasm", folder))),
  );
});
