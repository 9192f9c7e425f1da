import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { join } from "@std/path";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors/write_safetensors.ts";
import {
  inEightBits,
  scaledWeights,
} from "../../../lib/weights/scaled_weights.ts";
import { inTempDir } from "./temp_dir.ts";

Deno.test("weights of eight bits come back within half a step of each row", async () => {
  await inTempDir(async (folder) => {
    const path = join(folder, "model.safetensors");
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 7 }),
        fc.infiniteStream(fc.float({ min: -9, max: 9, noNaN: true })),
        async (rows, width, stream) => {
          const values = Float32Array.from(
            { length: rows * width },
            () => stream.next().value!,
          );
          await writeSafetensors(
            path,
            new Map(inEightBits("w", [rows, width], values)),
          );
          const weights = scaledWeights(await openSafetensors(path));
          assertEquals(weights.names(), ["w"]);
          assertEquals(weights.info("w")!.shape, [rows, width]);
          const read = await weights.read("w");
          for (let r = 0; r < rows; r++) {
            const own = values.subarray(r * width, (r + 1) * width);
            const most = Math.max(...own.map(Math.abs));
            for (const [i, value] of own.entries()) {
              const error = Math.abs(read[r * width + i]! - value);
              assert(error <= most / 254 * 1.001 + 1e-30);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

Deno.test("files without weights of eight bits are read as they are", async () => {
  await inTempDir(async (folder) => {
    const path = join(folder, "model.safetensors");
    const data = Float32Array.of(1, 2);
    await writeSafetensors(
      path,
      new Map([["a", { shape: [2], data }], ["a.scale", { shape: [2], data }]]),
    );
    const file = await openSafetensors(path);
    assert(scaledWeights(file) === file);
  });
});
