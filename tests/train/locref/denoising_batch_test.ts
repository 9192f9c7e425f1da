import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  noiseSchedule,
  type PredictionType,
} from "../../../lib/ddim/noise_schedule.ts";
import { type Tensor, tensor, zeros } from "../../../lib/core/tensor.ts";
import { unetShape } from "../../../lib/bases/sd/unet_programs.ts";
import { denoisingBatch } from "../../../train/locref/denoising_batch.ts";
import {
  pocketUnetConfig,
  schedulerConfig,
} from "../../../train/pocket/stages/unet_config.ts";

const shape = [2, 8, 16, 16], timesteps = [100, 700];
const cells = 8 * 16 * 16;

/** Latents of 2 and noise of 3 everywhere: the noisy sample and the target of each of two timesteps. */
function batchOf(prediction_type: Exclude<PredictionType, "flow">) {
  const schedule = noiseSchedule({ ...schedulerConfig, prediction_type });
  const filled = (value: number) =>
    tensor(shape, new Float32Array(2 * cells).fill(value));
  const context = zeros([2, 1, 128]);
  const { sample, target } = denoisingBatch({
    latents: filled(2),
    noise: filled(3),
    timesteps,
    text: context,
    ci: context,
    ri: context,
    layouts: [{ boxes: [] }, { boxes: [] }],
  }, {
    denoiser: unetShape(
      pocketUnetConfig({ latentSide: 16, latentChannels: 8 }),
    ),
    schedule,
  });
  const ends = ({ data }: Tensor) => [data[0]!, data.at(-1)!];
  return { schedule, noisy: ends(sample!), target: ends(target!) };
}

Deno.test("a model of the noise is told the noise", () => {
  assertEquals(batchOf("epsilon").target, [3, 3]);
});

Deno.test("a model of the clean sample is told the clean latents", () => {
  assertEquals(batchOf("sample").target, [2, 2]);
});

Deno.test("a model of v is told what gives the clean latents back, each at its own timestep", () => {
  const { schedule, noisy, target } = batchOf("v_prediction");
  for (const [i, t] of timesteps.entries()) {
    const alpha = schedule.alphasCumprod[t]!;
    const clean = Math.sqrt(alpha) * noisy[i]! -
      Math.sqrt(1 - alpha) * target[i]!;
    assertAlmostEquals(clean, 2, 1e-5);
  }
});
