import { assertAlmostEquals, assertEquals } from "@std/assert";
import { noiseSchedule } from "../../../lib/ddim/noise_schedule.ts";
import { tensor, zeros } from "../../../lib/ops/tensor.ts";
import { openTfjs } from "../../../lib/ops/tfjs_runtime.ts";
import { denoisingBatch } from "../../../train/locref/denoising_batch.ts";
import { noiseWeights } from "../../../train/pocket/noise_weights.ts";
import {
  pocketUnetConfig,
  schedulerConfig,
} from "../../../train/pocket/unet_config.ts";

const schedule = noiseSchedule(schedulerConfig);

Deno.test("timesteps count on average as much as without weights", () => {
  const weights = noiseWeights(schedule, 20);
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
  assertAlmostEquals(mean, 1, 1e-9);
});

Deno.test("a timestep counts by the inverse of what is left of the picture, up to the most", () => {
  const weights = noiseWeights(schedule, 20);
  const alpha = schedule.alphasCumprod;
  assertAlmostEquals(weights[400]! / weights[0]!, alpha[0]! / alpha[400]!);
  assertAlmostEquals(weights[999]! / weights[0]!, 20 * alpha[0]!);
});

Deno.test("with a most of 1 all timesteps count alike", () => {
  assertEquals(new Set(noiseWeights(schedule, 1)), new Set([1]));
});

Deno.test("the loss map of each sample is multiplied by the sample's weight", async () => {
  const tf = await openTfjs("wasm");
  const latents = zeros([2, 8, 16, 16]);
  const context = zeros([2, 1, 128]);
  const { map } = denoisingBatch(tf, {
    latents,
    noise: tensor(latents.shape, new Float32Array(latents.data.length)),
    timesteps: [1, 500],
    text: context,
    ci: context,
    ri: context,
    layouts: [{ boxes: [] }, { boxes: [{ x0: 0, y0: 0, x1: 1, y1: 1 }] }],
    lossWeights: { foreground: 2, background: 0.5 },
    sampleWeights: [4, 3],
  }, { config: pocketUnetConfig, schedule });
  const values = map.dataSync();
  assertEquals(new Set(values.slice(0, 256)), new Set([2]));
  assertEquals(new Set(values.slice(256)), new Set([6]));
});
