import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sizeOf, type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { codeInTiles } from "../../../lib/encoders/vae_tiles.ts";

Deno.test("tiles of a code that acts on each cell alone are the whole, whatever the sizes", async () => {
  await fc.assert(fc.asyncProperty(
    fc.record({
      from: fc.integer({ min: 4, max: 12 }),
      factor: fc.integer({ min: 1, max: 3 }),
      height: fc.integer({ min: 1, max: 30 }),
      width: fc.integer({ min: 1, max: 30 }),
    }),
    async ({ from, factor, height, width }) => {
      // a quarter of a tile must be whole cells, or steps and blends do not meet
      const side = from - from % 4;
      const image = counted([1, 2, height, width]);
      const shape = { from: side, to: side * factor };
      const whole = await enlarged(image, factor);
      const tiled = await codeInTiles(
        image,
        shape,
        (tile) => enlarged(tile, factor),
      );
      assertEquals(tiled.shape, whole.shape);
      const far = tiled.data.findIndex((value, i) =>
        Math.abs(value - whole.data[i]!) > 1e-3
      );
      assertEquals(far, -1);
    },
  ));
});

Deno.test("neighbouring tiles go over into each other linearly", async () => {
  let tiles = 0;
  const result = await codeInTiles(
    counted([1, 1, 8, 14]),
    { from: 8, to: 8 },
    (tile) => Promise.resolve(filled(tile.shape, tiles++)),
  );
  // the second tile begins at 6; its first two columns are blended
  const row = [...result.data.subarray(0, 14)];
  assertEquals(row.slice(0, 8), [0, 0, 0, 0, 0, 0, 0, 0.5]);
  assert(row.slice(8, 12).every((value) => value === 1));
  assertEquals(row.slice(12), [1, 1.5]);
});

function counted(shape: readonly number[]): Tensor {
  return tensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => i),
  );
}

function filled(shape: readonly number[], value: number): Tensor {
  return tensor(shape, new Float32Array(sizeOf(shape)).fill(value));
}

/** Every cell `factor` times along both sides. */
function enlarged(x: Tensor, factor: number): Promise<Tensor> {
  const [rows, channels, height, width] = x.shape as [
    number,
    number,
    number,
    number,
  ];
  const shape = [rows, channels, height * factor, width * factor];
  const data = new Float32Array(sizeOf(shape));
  data.forEach((_, i) => {
    const column = i % (width * factor);
    const line = Math.floor(i / (width * factor));
    const plane = Math.floor(line / (height * factor));
    const y = Math.floor(line % (height * factor) / factor);
    data[i] = x.data[
      (plane * height + y) * width +
      Math.floor(column / factor)
    ]!;
  });
  return Promise.resolve(tensor(shape, data));
}
