import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { random } from "../../../../lib/core/random.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import { pocketFolder } from "../../../../lib/pipeline/load/pocket_folder.ts";
import { openTraining } from "../../../../train/backends/open_training.ts";
import { drawStudioPicture } from "../../../../train/pocket/studio/studio_scene.ts";
import {
  latentPatches,
  openLatentTargets,
} from "../../../../train/pocket/vae/latent_targets.ts";
import { smallWorld } from "../small_world.ts";

Deno.test("a patch has the latents of its own place, each channel over its deviation", () => {
  // channel 0 holds the cell's number, channel 1 ten times as much
  const cells = Array.from({ length: 16 }, (_, i) => i);
  const data = Float32Array.from([...cells, ...cells.map((i) => 10 * i)]);
  const patches = latentPatches(tensor([1, 2, 4, 4], data), {
    across: 2,
    deviations: [1, 10],
  });
  assertEquals(patches.shape, [1, 4, 8]);
  const cellsOf = (
    patch: number,
  ) => [...patches.data.subarray(patch * 8, patch * 8 + 8)];
  assertEquals(cellsOf(0), [0, 0, 1, 1, 4, 4, 5, 5]);
  assertEquals(cellsOf(3), [10, 10, 11, 11, 14, 14, 15, 15]);
});

Deno.test("all channels of targets have about the same size", async () => {
  const backend = await openTraining("onnx");
  const executor = await backend.executor();
  const world = await smallWorld(48);
  const pictures = Array.from(
    { length: 6 },
    (_, i) => drawStudioPicture(world, random("targets", i)),
  );
  const targets = await openLatentTargets(
    executor,
    join(await pocketFolder(), "vae"),
    { across: 8, pictures },
  );
  const { shape, data } = await targets.of(pictures);
  assertEquals(shape, [6, 64, targets.values]);
  const channels = 16, squares = new Float64Array(channels);
  const means = new Float64Array(channels);
  for (const [i, value] of data.entries()) {
    squares[i % channels]! += value ** 2;
    means[i % channels]! += value;
  }
  const count = data.length / channels;
  for (let c = 0; c < channels; c++) {
    const variance = squares[c]! / count - (means[c]! / count) ** 2;
    assertAlmostEquals(variance, 1, 0.01);
  }
  assert(targets.values === 4 * channels);
  await targets.dispose();
  await executor.dispose();
});
