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
import type { Ops } from "../../../lib/ops/ops.ts";
import type { Params } from "../../../lib/ops/params.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { upload } from "../../../lib/ops/tfjs/layout.ts";
import { tfjsOps } from "../../../lib/ops/tfjs/ops.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { trainingFields } from "../../loop/config.ts";
import type { HostWeights } from "../../loop/host_weights.ts";
import { random } from "../../../lib/core/random.ts";
import type { Stage } from "../../loop/stage.ts";
import type { Tf, TfScalar, TfTensor } from "../../loop/tf.ts";
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

/** Pictures and the noise of their latents. */
interface Batch {
  readonly pictures: TfTensor;
  readonly noise: TfTensor;
}

/** Stage 1: the VAE, on scenes and enlarged references, with L1 on values and on differences. */
export const stage: Stage<Config, Batch> = {
  schema,
  async open(config, { tf }) {
    const world = await loadPocketWorld();
    const shape = vaeConfig(config);
    const ops = tfjsOps(tf, { training: true });
    return {
      trainable: areaVaeStart(vaeShapes(shape), { seed: config.seed }),
      decays: (name) => name.endsWith(".weight") && !name.includes("norm"),
      data: {
        length: Infinity,
        batch: (samples) =>
          makeBatch(tf, world, samples.map((sample) => sample.random), shape),
      },
      loss: (batch, weights) =>
        vaeLoss({ tf, ops }, batch, weights, { shape, kl: config.kl }),
      sample: async ({ step, weights }) => {
        const batch = makeBatch(tf, world, numbered(8), shape);
        const out = tf.tidy(() =>
          reconstruct(ops, weights, batch, shape).picture
        );
        await writeSheet(tf, `${config.out}/sheet-${step}.png`, [
          batch.pictures,
          out,
        ]);
        tf.dispose([out, batch.pictures, batch.noise]);
      },
      finish: async (weights) => await finish(tf, config, weights, world),
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
  tf: Tf,
  world: PocketWorld,
  streams: Streams,
  config: VaeConfig,
): Batch {
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
  return {
    pictures: upload(tf, tensor([batch, 3, side, side], pictures), "image"),
    noise: upload(
      tf,
      tensor([batch, config.latent_channels, latentSide, latentSide], noise),
      "image",
    ),
  };
}

function reconstruct(
  ops: Ops<TfTensor>,
  weights: Params<TfTensor>,
  batch: Batch,
  config: VaeConfig,
) {
  const [, height, width] = batch.pictures.shape as [number, number, number];
  const factor = vaeFactor(config);
  const { mean, logvar } = vaeEncode(ops, weights, batch.pictures, config, {
    height,
    width,
  });
  const latent = ops.add(mean, ops.mul(batch.noise, logvar.mul(0.5).exp()));
  const size = { height: height / factor, width: width / factor };
  return {
    mean,
    logvar,
    picture: vaeDecode(ops, weights, latent, config, size),
  };
}

/** L1 + L1 of the picture's differences + KL (Rombach et al. 2022, without their GAN). */
function vaeLoss(
  { tf, ops }: { tf: Tf; ops: Ops<TfTensor> },
  batch: Batch,
  weights: Params<TfTensor>,
  options: { shape: VaeConfig; kl: number },
) {
  const { mean, logvar, picture } = reconstruct(
    ops,
    weights,
    batch,
    options.shape,
  );
  const error = tf.sub(picture, batch.pictures);
  const l1 = tf.mean(tf.abs(error)) as TfScalar;
  const edges = tf.add(l1Along(tf, error, 1), l1Along(tf, error, 2));
  const spread = tf.sub(
    tf.add(tf.square(mean), tf.exp(logvar)),
    tf.add(logvar, 1),
  );
  const kl = tf.mul(
    tf.sum(spread),
    options.kl / (2 * batch.pictures.shape[0]!),
  );
  const loss = tf.add(tf.add(l1, edges), kl) as TfScalar;
  return { loss, metrics: { l1 } };
}

function l1Along(tf: Tf, x: TfTensor, axis: number): TfTensor {
  const length = x.shape[axis]! - 1;
  const part = (from: number) => {
    const begin = [0, 0, 0, 0], size = [-1, -1, -1, -1];
    begin[axis] = from;
    size[axis] = length;
    return tf.slice(x, begin, size);
  };
  return tf.mean(tf.abs(tf.sub(part(1), part(0))));
}

/** Writes the VAE with the scaling factor that gives its latents unit deviation. */
async function finish(
  tf: Tf,
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
  const deviation = await latentDeviation(tf, folder, world, config.side);
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
  tf: Tf,
  folder: string,
  world: PocketWorld,
  side: number,
): Promise<number> {
  const { encodeLatents, openVae } = await import("./frozen_vae.ts");
  const vae = await openVae(tf, folder);
  const pictures = Array.from(
    { length: 64 },
    (_, i) => drawScene(world, random("latents", i), { side }).picture,
  );
  const latents = encodeLatents(tf, vae, pictures);
  const deviation = Math.sqrt(
    floats(latents).reduce((sum, x) => sum + x * x, 0) / latents.data.length,
  );
  vae.dispose();
  return deviation;
}
