import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { withCoordinates } from "../../../lib/bases/coordinates.ts";
import { type SquareFit, squareFits } from "../../../lib/weights/square_fit.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import type { Program } from "../../../lib/ops/executor.ts";
import { openExecutor } from "../../../lib/ops/open_executor.ts";
import { memoryWeights } from "../ops/memory_weights.ts";

interface Shape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly octaves: number;
  readonly fit: SquareFit;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  octaves: fc.integer({ min: 1, max: 4 }),
  fit: fc.constantFrom(...squareFits),
});

/** Channels before the coordinates. */
const channels = 2;

function program({ height, width, octaves, fit }: Shape): Program {
  const image = (channels: number) => ({
    kind: "image" as const,
    shape: ["batch", channels, height, width],
  });
  return {
    name: "coordinates",
    inputs: { sample: image(channels) },
    outputs: { placed: image(channels + 4 * octaves) },
    run: (ops, _, { sample }) => ({
      placed: withCoordinates(ops, sample!, { octaves, fit }),
    }),
  };
}

for (const backend of ["onnx", "wasm"] as const) {
  Deno.test(`latents are followed by sine and cosine of each cell's middle, on ${backend}`, async () => {
    const { executor } = await openExecutor(backend);
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const { batch, height, width, octaves, fit } = shape;
        const cells = height * width;
        const sample = tensor(
          [batch, channels, height, width],
          Float32Array.from({ length: batch * channels * cells }, (_, i) => i),
        );
        const runner = await executor.compile(program(shape), memoryWeights());
        const { placed } = await runner.run({ sample });
        await runner.dispose();
        const all = channels + 4 * octaves;
        const square = Math.max(height, width);
        const middle = (cell: number, side: number) =>
          fit === "stretch"
            ? (cell + 0.5) / side
            : (Math.floor((square - side) / 2) + cell + 0.5) / square;
        assertEquals(placed!.shape, [batch, all, height, width]);
        const at = (n: number, channel: number, y: number, x: number) =>
          floats(placed!)[((n * all + channel) * height + y) * width + x]!;
        for (let n = 0; n < batch; n++) {
          for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++) {
              const own = (n * channels + 1) * cells + y * width + x;
              assertEquals(at(n, 1, y, x), own);
              const turn = Math.PI * 2 ** (octaves - 1);
              const last = all - 4;
              const right = turn * middle(x, width);
              const down = turn * middle(y, height);
              const near = (k: number, value: number) =>
                assertAlmostEquals(at(n, last + k, y, x), value, 1e-5);
              near(0, Math.sin(right));
              near(1, Math.cos(right));
              near(2, Math.sin(down));
              near(3, Math.cos(down));
            }
          }
        }
      }),
      { numRuns: 12, seed: 5 },
    );
    await executor.dispose();
  });
}
