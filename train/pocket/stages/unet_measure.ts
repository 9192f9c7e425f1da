import { clipText } from "../../../lib/encoders/clip_text.ts";
import { random } from "../../../lib/core/random.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import type { Executor, Program } from "../../../lib/ops/executor.ts";
import { hostSource, type HostWeights } from "../../loop/host_weights.ts";
import { locrefDenoiser } from "../../locref/denoiser.ts";
import { denoiserInputs } from "../../locref/denoising_loss.ts";
import { plainInputs } from "../losses/unet_loss.ts";
import type { TrainingBatch } from "../../backends/trainer.ts";
import { clipTextConfig } from "./clip_configs.ts";
import type { PocketFamily } from "./family.ts";
import { namedBySize } from "./level_names.ts";
import { batchOf, type UnetBatchContext } from "./unet_batch.ts";
import { measuredScenes } from "../vae/vae_measure.ts";

/** Timesteps that a UNet is measured at. */
export const measuredTimesteps = [20, 120, 400, 700, 990] as const;

/** Measures of a UNet's prediction for held-out scenes at one timestep. */
export interface UnetMeasurement {
  readonly timestep: number;
  /** Mean square error of the prediction, of v or of the noise. */
  readonly loss: number;
  /** Root of the mean square error of the clean latents, by channel, of their deviation. */
  readonly clean: readonly number[];
}

/**
 * Measures a UNet on the same scenes, noise and timesteps each time. So numbers of two steps can be
 * compared where those of training differ by chance.
 */
export async function measureUnet(
  executor: Executor,
  weights: HostWeights,
  { context, scenes: count }: { context: UnetBatchContext; scenes: number },
): Promise<UnetMeasurement[]> {
  const { family, world, schedule } = context;
  const { side, latentSide, latentChannels } = family;
  const scenes = measuredScenes(world, { count, side });
  const batchAt = (timestep: number) =>
    batchOf(
      context,
      scenes.map((scene, i) => ({
        scene: { outline: scene, draw: () => scene },
        timestep,
        caption: scene.caption,
        images: true,
        settings: {},
        noise: random("measured", "noise", i)
          .normals(latentChannels * latentSide ** 2),
      })),
      {
        rest: 0,
        at: { size: { height: side, width: side }, turn: 0, turns: 1 },
      },
    );
  const first = await batchAt(measuredTimesteps[0]);
  const program = predictionProgram(family, first);
  const runner = await executor.compile(program, hostSource(weights));
  const found: UnetMeasurement[] = [];
  for (const timestep of measuredTimesteps) {
    const batch = await batchAt(timestep);
    const inputs = Object.fromEntries(
      Object.keys(program.inputs).map((name) => [name, batch[name]!]),
    );
    const { predicted } = await runner.run(inputs);
    const alpha = schedule.alphasCumprod[timestep]!;
    found.push({
      timestep,
      loss: meanSquare(floats(predicted!), floats(batch.target!)),
      clean: cleanErrors(batch, predicted!, alpha),
    });
  }
  await runner.dispose();
  return found;
}

/** The denoiser with its text encoder, for batches of one shape. */
function predictionProgram(
  family: PocketFamily,
  batch: TrainingBatch,
): Program {
  const { unet, latentSide: side } = family;
  const size = { height: side, width: side };
  const inputs = Object.entries(plainInputs(family))
    .filter(([name]) => !["target", "map"].includes(name))
    .map(([name, kind]) =>
      [name, { kind, shape: batch[name]!.shape }] as const
    );
  return {
    name: "pocket_prediction",
    inputs: Object.fromEntries(inputs),
    outputs: { predicted: { kind: "image", shape: batch.target!.shape } },
    run: (ops, params, inputs) => {
      const text = clipText(ops, params, inputs.ids!, clipTextConfig);
      const named = namedBySize(inputs, unet, size);
      const given = denoiserInputs(named, family.denoiser, size);
      const predicted = locrefDenoiser(
        ops,
        params,
        { ...given, text },
        family,
      );
      return { predicted };
    },
  };
}

function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0) / a.length;
}

/**
 * Errors of the clean latents that a prediction of v stands for, by channel. Noise and target give the
 * true ones: both are `√ᾱ x − √(1 − ᾱ) v`.
 */
function cleanErrors(
  { sample, target }: TrainingBatch,
  predicted: Tensor,
  alpha: number,
): number[] {
  const [, channels, height, width] = predicted.shape as [
    number,
    number,
    number,
    number,
  ];
  const cells = height * width;
  const x = floats(sample!), v = floats(target!), own = floats(predicted);
  const signal = Math.sqrt(alpha), noise = Math.sqrt(1 - alpha);
  const sums = Array.from({ length: channels }, () => ({
    ...{ error: 0, square: 0, sum: 0 },
  }));
  for (let i = 0; i < x.length; i++) {
    const one = sums[Math.floor(i / cells) % channels]!;
    const clean = signal * x[i]! - noise * v[i]!;
    one.error += (noise * (own[i]! - v[i]!)) ** 2;
    one.square += clean ** 2;
    one.sum += clean;
  }
  const count = x.length / channels;
  return sums.map(({ error, square, sum }) =>
    Math.sqrt(error / (square - sum * sum / count))
  );
}
