import { writeCaptionWords } from "../caption_words.ts";
import { join } from "node:path";
import * as v from "valibot";
import { noiseSchedule } from "../../../lib/ddim/noise_schedule.ts";
import { clipText, clipTextProgram } from "../../../lib/encoders/clip_text.ts";
import { loadClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";
import { tfjsOps } from "../../../lib/ops/tfjs/ops.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { trainingFields } from "../../loop/config.ts";
import type { HostWeights } from "../../loop/host_weights.ts";
import { initialWeights } from "../../loop/initial_weights.ts";
import type { AttentionLayer } from "../../locref/denoiser.ts";
import { denoisingLoss } from "../../locref/denoising_loss.ts";
import type { Stage } from "../../loop/stage.ts";
import type { TfScalar, TfTensor } from "../../loop/tf.ts";
import { clipTextConfig } from "./clip_configs.ts";
import { openImageTower } from "./frozen_image_encoder.ts";
import { openVae } from "./frozen_vae.ts";
import { readPart } from "./read_part.ts";
import { placeLoss, placeTargets } from "../losses/place_loss.ts";
import { contentLoss, contentReaders } from "../losses/content_loss.ts";
import { quarterLoss, quarterReader } from "../losses/quarter_loss.ts";
import { loadPocketWorld } from "../world/scenes.ts";
import { makeUnetBatch, type UnetBatch } from "./unet_batch.ts";
import {
  pocketAppearanceNet,
  pocketUnetConfig,
  schedulerConfig,
} from "./unet_config.ts";
import { jointShapes, readModel, writeModel } from "./write_model.ts";

const rate = (otherwise: number) =>
  v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), otherwise);

const weight = (otherwise: number) =>
  v.optional(v.pipe(v.number(), v.minValue(0)), otherwise);

const schema = v.strictObject({
  ...trainingFields,
  stage: v.literal("pocket-unet"),
  /** Folder of the model: VAE, image encoder and tokenizer are read there, the rest is written there. */
  model: v.string(),
  /** Folder of a model of this stage that is trained on; from fresh weights where absent. */
  start: v.optional(v.string()),
  /** Weights of Eq. (2). */
  loss: v.optional(
    v.strictObject({ foreground: v.number(), background: v.number() }),
    { foreground: 2.3, background: 0.3 },
  ),
  /** Weight of {@linkcode placeLoss} at the first step; it falls to 0 at the last. */
  placeLoss: weight(0.3),
  /** Weight of {@linkcode quarterLoss}, which falls likewise. */
  quarterLoss: weight(0.1),
  /** Weight of {@linkcode contentLoss}, which falls likewise. */
  contentLoss: weight(0.3),
  /**
   * How many timesteps are drawn for a sample, of which the noisiest is taken; 1 draws uniformly.
   * Noisy steps decide shapes, which references define.
   */
  timestepDraws: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  /** How often conditions are dropped and switches of the ablation are off. */
  dropout: v.optional(
    v.strictObject({
      text: rate(0.1),
      image: rate(0.06),
      both: rate(0.08),
      grgOff: rate(0.1),
      iafOff: rate(0.1),
      isOff: rate(0.15),
    }),
    {},
  ),
});

type Config = v.InferOutput<typeof schema>;

/**
 * Stage 3: UNet, Layout-net, Appearance-Net and text encoder jointly on Eq. (2), from nothing but
 * the text encoder of stage 2, with all conditions dropped at random.
 */
export const stage: Stage<Config, UnetBatch> = {
  schema,
  async open(config, { tf }) {
    const { model } = config;
    const ops = tfjsOps(tf, { training: true });
    const context = {
      tf,
      world: await loadPocketWorld(),
      vae: await openVae(tf, join(model, "vae")),
      encoder: await openImageTower(tf, join(model, "image_encoder")),
      tokenizer: await loadClipTokenizer(join(model, "tokenizer")),
      schedule: noiseSchedule(schedulerConfig),
      dropout: config.dropout,
      timestepDraws: config.timestepDraws,
      lossWeights: config.loss,
    };
    const { latent_channels: channels } = context.vae.config;
    if (channels !== pocketUnetConfig.in_channels) {
      throw new LocRefError(
        "config-invalid",
        `VAE of ${model} has ${channels} latent channels, the pocket UNet needs ${pocketUnetConfig.in_channels}`,
      );
    }
    const shape = {
      unet: pocketUnetConfig,
      appearanceNet: pocketAppearanceNet,
    };
    return {
      trainable: new Map([
        ...await startWeights(config),
        ...quarterReader(config.seed),
        ...contentReaders(config.seed),
      ]),
      decays: (name) =>
        name.endsWith(".weight") && !/norm|embedding/.test(name),
      data: {
        length: Infinity,
        batch: (samples) =>
          makeUnetBatch(context, samples.map(({ random }) => random)),
      },
      loss: (batch, weights, step) => {
        const text = clipText(ops, weights, batch.ids, clipTextConfig);
        const seen: AttentionLayer<TfTensor>[] = [];
        const watch = (layer: AttentionLayer<TfTensor>) => seen.push(layer);
        const inputs = { ...batch.inputs, text, watch };
        const denoising = denoisingLoss({ tf, ops, shape }, {
          ...batch,
          inputs,
        }, weights);
        const { placeLoss: ofPlaces, quarterLoss: ofQuarters } = config;
        const { contentLoss: ofContent } = config;
        if (ofPlaces + ofQuarters + ofContent === 0) return denoising;
        const rest = 1 - step / config.steps!;
        const places = placeLoss(tf, seen, placeTargets(tf, batch.told));
        const quarters = quarterLoss({ tf, ops }, seen, weights);
        const content = contentLoss({ tf, ops }, seen, batch.content, weights);
        const told = tf.addN([
          tf.mul(places, ofPlaces * rest),
          tf.mul(quarters, ofQuarters * rest),
          tf.mul(content, ofContent * rest),
        ]);
        return {
          loss: tf.add(denoising, told) as TfScalar,
          metrics: { denoising, places, quarters, content },
        };
      },
      sample: async (view) => await writeModel(model, await view.export()),
      finish: async (weights) => {
        await writeModel(model, weights);
        await writeCaptionWords(model);
        return model;
      },
      close: () => {
        context.vae.dispose();
        context.encoder.dispose();
      },
    };
  },
};

/** Fresh weights, but for the text encoder, which stage 2 has taught words already. */
async function startWeights(config: Config): Promise<HostWeights> {
  if (config.start !== undefined) return await readModel(config.start);
  const fresh = initialWeights(jointShapes(), {
    seed: config.seed,
    rule: beginAtZero,
  });
  const text = await readPart(
    join(config.model, "text_encoder", "model.safetensors"),
    listWeights(clipTextProgram(clipTextConfig)),
  );
  return new Map([...fresh, ...text]);
}

/** Residual branches begin at zero, so that the UNet begins as its skip connections. */
function beginAtZero(name: string) {
  return /(conv2|proj_out|conv_out)\.(weight|bias)$/.test(name)
    ? { kind: "zeros" } as const
    : undefined;
}
