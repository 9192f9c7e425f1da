import * as v from "valibot";
import {
  vaeDecode,
  vaeDecoderProgram,
} from "../../../lib/encoders/vae_decoder.ts";
import {
  vaeEncode,
  vaeEncoderProgram,
} from "../../../lib/encoders/vae_encoder.ts";
import { type VaeConfig, vaeFactor } from "../../../lib/encoders/vae_config.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";
import type { Executor, Program, Values } from "../../../lib/ops/executor.ts";
import type { LossOps } from "../../../lib/ops/loss_ops.ts";
import type { LossProgram, LossValues } from "../../../lib/ops/loss_program.ts";
import type { Params } from "../../../lib/ops/params.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { trainingFields } from "../../loop/config.ts";
import { hostSource, type HostWeights } from "../../loop/host_weights.ts";
import { random } from "../../../lib/core/random.ts";
import type { Stage } from "../../loop/stage.ts";
import { addAll, number, square } from "../../loop/loss_parts.ts";
import type { TrainingBatch } from "../../backends/trainer.ts";
import {
  drawScene,
  loadPocketWorld,
  type PocketWorld,
} from "../world/scenes.ts";
import { writeSheet } from "../world/sheet.ts";
import { areaVaeStart } from "./vae_start.ts";
import { writePart } from "./write_part.ts";

const schema = v.strictObject({
  ...trainingFields,
  stage: v.literal("pocket-vae"),
  /** Folder of the model that the VAE is a part of. */
  model: v.string(),
  /** Side of the pictures, in pixels. */
  side: v.optional(v.number(), 64),
  channels: v.optional(v.array(v.number()), [16, 32, 64]),
  latentChannels: v.optional(v.number(), 8),
  /** Weight of the divergence from a unit Gaussian. */
  kl: v.optional(v.number(), 2e-6),
});

type Config = v.InferOutput<typeof schema>;

/** Stage 1: the VAE, on scenes and enlarged references, with L1 on values and on differences. */
export const stage: Stage<Config> = {
  schema,
  async open(config, { executor }) {
    const world = await loadPocketWorld();
    const shape = vaeConfig(config);
    return {
      trainable: areaVaeStart(vaeShapes(shape), { seed: config.seed }),
      decays: (name) => name.endsWith(".weight") && !name.includes("norm"),
      data: {
        length: Infinity,
        batch: (samples) =>
          makeBatch(world, samples.map((sample) => sample.random), shape),
      },
      program: vaeProgram(shape, config),
      sample: async ({ step, export: weights }) => {
        const batch = makeBatch(world, numbered(8), shape);
        const model = { shape, side: config.side };
        const pictures = await reconstructed(
          executor,
          await weights(),
          batch,
          model,
        );
        const rows = [batch.pictures!, pictures];
        await writeSheet(`${config.out}/sheet-${step}.png`, rows);
      },
      finish: (weights) => finish(executor, config, weights, world),
    };
  },
};

function numbered(count: number) {
  return Array.from({ length: count }, (_, i) => random("sheet", i));
}

/** The VAE's config in Hugging Face layout. */
export function vaeConfig(
  config: Pick<Config, "channels" | "latentChannels" | "side">,
): VaeConfig & object {
  const blocks = config.channels.length;
  return {
    _class_name: "AutoencoderKL",
    act_fn: "silu",
    block_out_channels: config.channels,
    down_block_types: Array(blocks).fill("DownEncoderBlock2D"),
    in_channels: 3,
    latent_channels: config.latentChannels,
    layers_per_block: 1,
    mid_block_add_attention: false,
    norm_num_groups: 2,
    out_channels: 3,
    sample_size: config.side,
    scaling_factor: 1,
    up_block_types: Array(blocks).fill("UpDecoderBlock2D"),
    use_post_quant_conv: true,
    use_quant_conv: true,
  } as VaeConfig & object;
}

function vaeShapes(config: VaeConfig): Map<string, readonly number[]> {
  const side = 8 * vaeFactor(config);
  return new Map([
    ...listWeights(vaeEncoderProgram(config, { height: side, width: side })),
    ...listWeights(vaeDecoderProgram(config, { height: 8, width: 8 })),
  ]);
}

type Streams = readonly ReturnType<typeof random>[];

/** Scenes, and now and then one object alone, which shows detail larger. */
function makeBatch(
  world: PocketWorld,
  streams: Streams,
  config: VaeConfig,
): TrainingBatch {
  const side = (config as VaeConfig & { sample_size: number }).sample_size;
  const cells = 3 * side * side;
  const pictures = new Float32Array(streams.length * cells);
  const latentSide = side / vaeFactor(config);
  const latentCells = config.latent_channels * latentSide ** 2;
  const noise = new Float32Array(streams.length * latentCells);
  for (const [n, stream] of streams.entries()) {
    const scene = drawScene(world, stream.fork("scene"), { side });
    const alone = stream.chance(0.25) ? scene.objects[0]?.reference : undefined;
    pictures.set(
      (alone ?? scene.picture).map((value) => 2 * value - 1),
      n * cells,
    );
    noise.set(stream.fork("noise").normals(latentCells), n * latentCells);
  }
  const batch = streams.length;
  const latentShape = [batch, config.latent_channels, latentSide, latentSide];
  return {
    pictures: tensor([batch, 3, side, side], pictures),
    noise: tensor(latentShape, noise),
  };
}

function reconstruct<T>(
  ops: LossOps<T>,
  weights: Params<T>,
  batch: Values<T>,
  { shape, side }: { shape: VaeConfig; side: number },
) {
  const factor = vaeFactor(shape);
  const { mean, logvar } = vaeEncode(ops, weights, batch.pictures!, shape, {
    height: side,
    width: side,
  });
  const spread = ops.exp(ops.scale(logvar, 0.5));
  const latent = ops.add(mean, ops.mul(batch.noise!, spread));
  const size = { height: side / factor, width: side / factor };
  const picture = vaeDecode(ops, weights, latent, shape, size);
  return { mean, logvar, picture };
}

/** L1 + L1 of the picture's differences + KL (Rombach et al. 2022, without their GAN). */
export function vaeProgram(
  shape: VaeConfig,
  { side, kl: weight }: { side: number; kl: number },
): LossProgram {
  const factor = vaeFactor(shape);
  const cells = shape.latent_channels * (side / factor) ** 2;
  return {
    name: "pocket_vae",
    inputs: { pictures: "image", noise: "image" },
    run: <T>(
      ops: LossOps<T>,
      weights: Params<T>,
      batch: Values<T>,
    ): LossValues<T> => {
      const { mean, logvar, picture } = reconstruct(ops, weights, batch, {
        shape,
        side,
      });
      const error = ops.tokens(ops.sub(picture, batch.pictures!));
      const l1 = ops.mean(ops.abs(error));
      const edges = ops.add(down(ops, error, side), across(ops, error, side));
      const spread = ops.sub(
        ops.add(square(ops, mean), ops.exp(logvar)),
        ops.add(logvar, number(ops, 1)),
      );
      const kl = ops.scale(ops.mean(spread), cells * weight / 2);
      return { loss: addAll(ops, [l1, edges, kl]), metrics: { l1 } };
    },
  };
}

/** Mean absolute difference of each pixel of `[N, side², C]` and the one below. */
function down<T>(ops: LossOps<T>, x: T, side: number): T {
  const length = side * (side - 1);
  const below = ops.sliceTokens(x, side, length);
  return ops.mean(ops.abs(ops.sub(below, ops.sliceTokens(x, 0, length))));
}

/** Mean absolute difference of each pixel of `[N, side², C]` and the one to its right. */
function across<T>(ops: LossOps<T>, x: T, side: number): T {
  const length = side * side - 1;
  const right = ops.sliceTokens(x, 1, length);
  const apart = ops.abs(ops.sub(right, ops.sliceTokens(x, 0, length)));
  // the last pixel of a row has none to its right
  const counts = length / (side * (side - 1));
  const mask = Float32Array.from(
    { length },
    (_, i) => i % side === side - 1 ? 0 : counts,
  );
  return ops.mean(ops.mul(apart, ops.constant([1, length, 1], mask)));
}

/** Pictures of a batch encoded and decoded, with weights that are not trained any more. */
async function reconstructed(
  executor: Executor,
  weights: HostWeights,
  batch: TrainingBatch,
  { shape, side }: { shape: VaeConfig; side: number },
): Promise<Tensor> {
  const source = hostSource(weights);
  const runOnce = async (program: Program, inputs: Values<Tensor>) => {
    const runner = await executor.compile(program, source);
    try {
      return await runner.run(inputs);
    } finally {
      await runner.dispose();
    }
  };
  const latents = side / vaeFactor(shape);
  const { mean, logvar } = await runOnce(
    vaeEncoderProgram(shape, { height: side, width: side }),
    { picture: batch.pictures! },
  );
  const { shape: size, data } = mean!;
  const drawn = Float32Array.from(
    data,
    (value, i) =>
      value + batch.noise!.data[i]! * Math.exp(logvar!.data[i]! / 2),
  );
  const { picture } = await runOnce(
    vaeDecoderProgram(shape, { height: latents, width: latents }),
    { latent: tensor(size, drawn) },
  );
  return picture!;
}

/** Writes the VAE with the scaling factor that gives its latents unit deviation. */
async function finish(
  executor: Executor,
  config: Config,
  weights: HostWeights,
  world: PocketWorld,
): Promise<string> {
  const shape = vaeConfig(config);
  const folder = `${config.model}/vae`;
  await writePart(folder, "diffusion_pytorch_model", {
    config: shape,
    weights,
  });
  const deviation = await latentDeviation(executor, folder, world, config.side);
  const scaled = {
    ...shape,
    scaling_factor: Math.round(1e5 / deviation) / 1e5,
  };
  await writePart(folder, "diffusion_pytorch_model", {
    config: scaled,
    weights,
  });
  return folder;
}

async function latentDeviation(
  executor: Executor,
  folder: string,
  world: PocketWorld,
  side: number,
): Promise<number> {
  const { encodeLatents, openVae } = await import("./frozen_vae.ts");
  const vae = await openVae(executor, folder, side);
  const pictures = Array.from(
    { length: 64 },
    (_, i) => drawScene(world, random("latents", i), { side }).picture,
  );
  const latents = await encodeLatents(vae, pictures);
  const deviation = Math.sqrt(
    floats(latents).reduce((sum, x) => sum + x * x, 0) / latents.data.length,
  );
  await vae.dispose();
  return deviation;
}
