import { join } from "node:path";
import * as v from "valibot";
import { type VaeConfig, vaeFactor } from "../../../lib/encoders/vae_config.ts";
import type { Executor } from "../../../lib/ops/executor.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { trainingFields } from "../../loop/config.ts";
import { hostSource, type HostWeights } from "../../loop/host_weights.ts";
import { type Random, random } from "../../../lib/core/random.ts";
import type { Stage } from "../../loop/stage.ts";
import type { TrainingBatch } from "../../backends/trainer.ts";
import { vaeProgram } from "../losses/vae_loss.ts";
import { drawStudioPicture, studioSprites } from "../studio/studio_scene.ts";
import { loadPocketWorld, type PocketWorld } from "../objects/pocket_world.ts";
import { writeSheet } from "./picture_rows.ts";
import { openCodec } from "../vae/open_codec.ts";
import { vaeConfig, vaeShapes } from "../vae/vae_config.ts";
import { measuredScenes, measureVae } from "../vae/vae_measure.ts";
import { linearVaeStart } from "../vae/vae_start.ts";
import { readPart } from "./read_part.ts";
import { appendJsonLine, writePart } from "./write_part.ts";

const schema = v.strictObject({
  ...trainingFields,
  stage: v.literal("pocket-vae"),
  /** Folder of the model that the VAE is a part of. */
  model: v.string(),
  /** Side of the pictures, in pixels. */
  side: v.optional(v.number(), 128),
  channels: v.optional(v.array(v.number()), [16, 24, 48, 64]),
  latentChannels: v.optional(v.number(), 16),
  /** Weight of the divergence from a unit Gaussian, summed, beside the summed L1. */
  kl: v.optional(v.number(), 1e-6),
  /** Deviation of the noise that latents bear in training. */
  latentNoise: v.optional(v.number(), 0.07),
  /** Weight of what holds the latents' size. */
  hold: v.optional(v.number(), 0.01),
  /** Weight of the loss that compares detail with the truth's. */
  detail: v.optional(v.number(), 0),
  /** Parts that are trained: both from a linear start, or the decoder of the model's VAE alone. */
  trained: v.optional(v.picklist(["both", "decoder"]), "both"),
  /** Pictures that the start is fitted to. */
  startPictures: v.optional(v.number(), 48),
  /** Held-out scenes that each sheet is measured on. */
  measured: v.optional(v.number(), 24),
});

type Config = v.InferOutput<typeof schema>;

/** Stage 1: the VAE, on pictures of the studio, a quarter of them of one object alone. */
export const stage: Stage<Config> = {
  schema,
  async open(config, { executor }) {
    const { side } = config;
    const world = await loadPocketWorld(studioSprites);
    const shape = vaeConfig(config);
    const { trainable, frozen, squares } = config.trained === "both"
      ? freshStart(config, world)
      : await decoderAlone(config);
    const whole = (weights: HostWeights) => new Map([...frozen, ...weights]);
    const measure = async (step: number, weights: HostWeights) =>
      await measureSheet(executor, { config, world, step, weights });
    return {
      trainable,
      frozen: hostSource(frozen),
      decays: (name) => name.endsWith(".weight") && !name.includes("norm"),
      data: {
        length: Infinity,
        batch: (samples) =>
          makeBatch(world, samples.map(({ random }) => random), {
            shape,
            side,
          }),
      },
      program: vaeProgram({ ...config, shape, squares }),
      sample: async ({ step, export: weights }) =>
        await measure(step, whole(await weights())),
      finish: (weights) => finish(executor, config, whole(weights), world),
    };
  },
};

/** First values of the weights that are trained, the others, and what the latents' size is held at. */
interface Start {
  readonly trainable: HostWeights;
  readonly frozen: HostWeights;
  readonly squares: readonly number[];
}

function freshStart(config: Config, world: PocketWorld): Start {
  const { seed, side } = config;
  const shape = vaeConfig(config);
  const pictures = Array.from(
    { length: config.startPictures },
    (_, i) => drawPicture(world, random(seed, "start", i), side),
  );
  const { weights, squares } = linearVaeStart(vaeShapes(shape), {
    ...{ config: shape, seed, pictures, side },
  });
  return { trainable: weights, frozen: new Map(), squares };
}

/** The decoder of the model's VAE; latents, and the stages that are trained on them, stay as they are. */
async function decoderAlone(config: Config): Promise<Start> {
  const path = join(config.model, "vae", "diffusion_pytorch_model.safetensors");
  const weights = await readPart(path, vaeShapes(vaeConfig(config)));
  const part = (decoder: boolean) =>
    new Map([...weights].filter(([name]) => ofDecoder(name) === decoder));
  return { trainable: part(true), frozen: part(false), squares: [] };
}

function ofDecoder(name: string): boolean {
  return /^(decoder|post_quant_conv)\./.test(name);
}

function drawPicture(
  world: PocketWorld,
  stream: Random,
  side: number,
): Float32Array {
  const size = { width: side, height: side };
  const most = stream.chance(0.25) ? 1 : 4;
  return drawStudioPicture(world, stream.fork("scene"), { size, most });
}

function makeBatch(
  world: PocketWorld,
  streams: readonly Random[],
  { shape, side }: { shape: VaeConfig; side: number },
): TrainingBatch {
  const cells = 3 * side * side, small = side / vaeFactor(shape);
  const latentShape = [streams.length, shape.latent_channels, small, small];
  const latentCells = shape.latent_channels * small ** 2;
  const pictures = new Float32Array(streams.length * cells);
  const noise = new Float32Array(streams.length * latentCells);
  for (const [n, stream] of streams.entries()) {
    const picture = drawPicture(world, stream, side);
    pictures.set(picture.map((value) => 2 * value - 1), n * cells);
    noise.set(stream.fork("noise").normals(latentCells), n * latentCells);
  }
  return {
    pictures: tensor([streams.length, 3, side, side], pictures),
    noise: tensor(latentShape, noise),
  };
}

/** Appends what the VAE keeps of held-out scenes to `held_out.jsonl`, and draws some of them. */
async function measureSheet(
  executor: Executor,
  { config, world, step, weights }: {
    config: Config;
    world: PocketWorld;
    step: number;
    weights: HostWeights;
  },
): Promise<void> {
  const { out, side } = config;
  const scenes = measuredScenes(world, { count: config.measured, side });
  const codec = await openCodec(executor, hostSource(weights), {
    config: vaeConfig(config),
    side,
  });
  const { pictures, ...numbers } = await measureVae(codec, scenes);
  await codec.dispose();
  await appendJsonLine(`${out}/held_out.jsonl`, { step, ...numbers });
  const shown = scenes.slice(0, 8).map(({ picture }) => picture);
  const rows = [shown, pictures.slice(0, 8)].map((row) =>
    tensor(
      [row.length, 3, side, side],
      Float32Array.from(row.flatMap((one) => [...one]), (x) => 2 * x - 1),
    )
  );
  await writeSheet(`${out}/sheet-${step}.png`, rows);
}

/** Writes the VAE with the scaling factor that gives its latents unit deviation. */
async function finish(
  executor: Executor,
  config: Config,
  weights: HostWeights,
  world: PocketWorld,
): Promise<string> {
  const shape = vaeConfig(config);
  const codec = await openCodec(executor, hostSource(weights), {
    config: shape,
    side: config.side,
  });
  const pictures = Array.from(
    { length: 64 },
    (_, i) => drawPicture(world, random("latents", i), config.side),
  );
  const { mean } = await codec.encode(pictures);
  await codec.dispose();
  const sum = floats(mean).reduce((sum, x) => sum + x * x, 0);
  const deviation = Math.sqrt(sum / mean.data.length);
  const folder = `${config.model}/vae`;
  await writePart(folder, "diffusion_pytorch_model", {
    config: { ...shape, scaling_factor: Math.round(1e5 / deviation) / 1e5 },
    weights,
  });
  return folder;
}
