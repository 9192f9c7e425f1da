import { writeCaptionWords } from "../caption_words.ts";
import { join } from "node:path";
import * as v from "valibot";
import { noiseSchedule } from "../../../lib/ddim/noise_schedule.ts";
import { clipTextProgram } from "../../../lib/encoders/clip_text.ts";
import { loadClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";
import { quote } from "../../../lib/core/quote.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import { sha256, sha256OfFile } from "../../../lib/core/files/hash.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { squareFits } from "../../../lib/weights/square_fit.ts";
import { trainingFields } from "../../loop/config.ts";
import type { HostWeights } from "../../loop/host_weights.ts";
import { initialWeights } from "../../loop/initial_weights.ts";
import type { Stage } from "../../loop/stage.ts";
import { FeatureCache } from "../../locref/feature_cache.ts";
import { clipTextConfig } from "./clip_configs.ts";
import { openImageTower } from "./frozen_image_encoder.ts";
import { openVae } from "../vae/frozen_vae.ts";
import { readPart } from "./read_part.ts";
import { contentReaders } from "../losses/content_loss.ts";
import { pocketUnetProgram } from "../losses/unet_loss.ts";
import { studioSprites } from "../studio/studio_scene.ts";
import { loadPocketWorld } from "../objects/pocket_world.ts";
import { makeUnetBatch } from "./unet_batch.ts";
import type { SizeTurn } from "./unet_sample.ts";
import { drawUnetSheet } from "./unet_sheet.ts";
import { familyOfVae, type PocketFamily } from "./family.ts";
import { placingOf, schedulerConfig } from "./unet_config.ts";
import { jointShapes, readModel, writeModel } from "./write_model.ts";

const rate = (otherwise: number) =>
  v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), otherwise);

/** A side of a picture, in whole cells of the VAE. */
const side = v.pipe(v.number(), v.integer(), v.minValue(32), v.multipleOf(8));

const weight = (otherwise: number) =>
  v.optional(v.pipe(v.number(), v.minValue(0)), otherwise);

const schema = v.strictObject({
  ...trainingFields,
  stage: v.literal("pocket-unet"),
  /** Folder of the model: VAE, image encoder and tokenizer are read there, the rest is written there. */
  model: v.string(),
  /** Folder of a model of this stage that is trained on, whose `sizes` are not kept; from fresh weights where absent. */
  start: v.optional(v.string()),
  /** Octaves of the coordinates that the UNet sees beside the latents. @default {those of `start`, or 0} */
  coordinates: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8)),
  ),
  /** How composite image and coordinates lie in a square. @default {that of `start`, or "stretch"} */
  compositeFit: v.optional(v.picklist(squareFits)),
  /** Weights of Eq. (2). */
  loss: v.optional(
    v.strictObject({ foreground: v.number(), background: v.number() }),
    { foreground: 2.3, background: 0.3 },
  ),
  /** Weight of {@linkcode placeLoss} at the first step; it falls to 0 at the last. */
  placeLoss: weight(0.3),
  /** Weight of {@linkcode contentLoss}, which falls likewise. */
  contentLoss: weight(0.3),
  /**
   * How many timesteps are drawn for a sample, of which the noisiest is taken; 1 draws uniformly.
   * Noisy steps decide shapes, which references define.
   */
  timestepDraws: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  /**
   * Part of the samples whose timestep is drawn evenly below 300, whatever `timestepDraws` says.
   * Steps with little noise decide how clean grounds and edges are.
   */
  lowNoise: rate(0),
  /** Scenes that come again, their latents and features cached; null for ever new ones. */
  cachedScenes: v.optional(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
    null,
  ),
  /** Folder of that cache, about 80 kB a scene; null keeps none. */
  cache: v.optional(v.nullable(v.string()), null),
  /**
   * Width and height of the pictures, in pixels, one of them a step in turn; squares of the VAE's
   * side where absent.
   */
  sizes: v.optional(v.pipe(
    v.array(v.tuple([side, side])),
    v.minLength(1),
  )),
  /** Held-out scenes that each sheet is measured on. */
  measured: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 12),
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
export const stage: Stage<Config> = {
  schema,
  async open(config, { executor }) {
    const { model } = config;
    const vae = await openVae(executor, join(model, "vae"));
    const encoder = await openImageTower(
      executor,
      join(model, "image_encoder"),
    );
    const { image_size, patch_size } = encoder.config;
    const across = image_size / patch_size;
    const family = familyOfVae(vae.config, vae.side, {
      across,
      ...await placingOf(config),
    });
    const context = {
      world: await loadPocketWorld(studioSprites),
      vae,
      family,
      encoder,
      tokenizer: await loadClipTokenizer(join(model, "tokenizer")),
      schedule: noiseSchedule(schedulerConfig),
      dropout: config.dropout,
      timestepDraws: config.timestepDraws,
      lowNoise: config.lowNoise,
      cachedScenes: config.cachedScenes,
      cache: new FeatureCache(config.cache),
      version: await sha256OfParts(model),
      lossWeights: config.loss,
    };
    checkSides(model, image_size, family.side);
    return {
      trainable: new Map([
        ...await startWeights(config, family),
        ...contentReaders(family, config.seed),
      ]),
      decays: (name) =>
        name.endsWith(".weight") && !/norm|embedding/.test(name),
      data: {
        length: Infinity,
        batch: (samples) =>
          makeUnetBatch(context, {
            streams: samples.map(({ random }) => random),
            rest: restAt(samples[0]!.number, config),
            at: sizeAt(samples[0]!.number, config, family),
          }),
      },
      program: pocketUnetProgram(family, config),
      sample: async ({ step, export: weights }) =>
        await drawUnetSheet(executor, await weights(), {
          ...{ config, context, step },
        }),
      finish: async (weights) => {
        await writeModel(model, weights, family, config.sizes);
        await writeCaptionWords(model);
        return model;
      },
      close: async () => {
        await context.vae.dispose();
        await context.encoder.dispose();
      },
    };
  },
};

function checkSides(model: string, encoder: number, vae: number): void {
  if (encoder === vae) return;
  throw new LocRefError(
    "config-invalid",
    `The image encoder of ${
      quote(model)
    } sees ${encoder} pixels, its VAE ${vae}`,
  );
}

/** Hash of the parts whose outputs are cached; the VAE's decoder is none of them. */
async function sha256OfParts(model: string): Promise<string> {
  const vae = await openSafetensors(
    join(model, "vae", "diffusion_pytorch_model.safetensors"),
  );
  const encoder = vae.names().filter((name) =>
    /^(encoder|quant_conv)\./.test(name)
  );
  const hashes = await Promise.all(encoder.map(async (name) => {
    const { buffer, byteOffset, byteLength } = await vae.read(name);
    return sha256(new Uint8Array(buffer, byteOffset, byteLength));
  }));
  const files = [
    ["vae", "config.json"],
    ["image_encoder", "model.safetensors"],
  ].map((parts) => join(model, ...parts));
  return [
    sha256(hashes.join(" ")),
    ...await Promise.all(files.map(sha256OfFile)),
  ].join(" ");
}

/** The part of a run that is left when sample `number` is seen, 0 at first. */
function restAt(number: number, { batch, steps }: Config): number {
  return 1 - Math.floor(number / batch) / steps!;
}

/** Size of the pictures of the step that sample `number` belongs to. */
function sizeAt(
  number: number,
  { batch, sizes }: Config,
  { side }: PocketFamily,
): SizeTurn {
  const all = sizes ?? [[side, side]];
  const turn = Math.floor(number / batch) % all.length;
  const [width, height] = all[turn]!;
  return { size: { width, height }, turn, turns: all.length };
}

/** Fresh weights, but for the text encoder, which stage 2 has taught words already. */
async function startWeights(
  config: Config,
  family: PocketFamily,
): Promise<HostWeights> {
  if (config.start !== undefined) return await readModel(config.start, family);
  const fresh = initialWeights(jointShapes(family), {
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
