/** Stage `locref`: LocRef's adapter on a frozen base, as in the paper. */

import { join } from "node:path";
import { openLocRef } from "../../lib/adapters/open_locref.ts";
import type { AppearanceNetShape } from "../../lib/adapters/locref/appearance_net.ts";
import { noiseSchedule } from "../../lib/ddim/noise_schedule.ts";
import type { ClipImageConfig } from "../../lib/encoders/clip_image.ts";
import { visionTokens } from "../../lib/encoders/vit.ts";
import type { Size } from "../../lib/core/geometry.ts";
import { locateModel } from "../../lib/pipeline/load/locate_model.ts";
import type { Base } from "../../lib/bases/base.ts";
import type { AttentionLayers } from "../../lib/bases/places.ts";
import { openImageEncoder } from "../../lib/encoders/open_image_encoder.ts";
import { type HostWeights, readHostWeights } from "../loop/host_weights.ts";
import type { OpenStage, Stage, StageContext } from "../loop/stage.ts";
import {
  adapterShapes,
  type EncoderFits,
  freshFits,
  initialAdapter,
  writeAdapter,
} from "./adapter_weights.ts";
import { denoisingProgram } from "./denoising_loss.ts";
import { FeatureCache } from "./feature_cache.ts";
import { FrozenEncoders } from "./frozen_encoders.ts";
import { type LocrefConfig, locrefSchema } from "./locref_config.ts";
import { denoiserWeights, openTrainedBase } from "./open_trained_base.ts";
import { drawSamples } from "./sample_sheet.ts";
import { sceneData } from "./scene_data.ts";
import { openShards } from "../dataset/read/shards.ts";

/** Training of LocRef's adapter. */
export const stage: Stage<LocrefConfig> = {
  schema: locrefSchema,
  open: openLocref,
};

async function openLocref(
  config: LocrefConfig,
  { executor, backend }: StageContext,
): Promise<OpenStage> {
  const { model, data } = config;
  const { location, base, imageEncoder } = await openFrozen(model);
  const shape = appearanceShape(config, base, imageEncoder.config);
  const frozen = denoiserWeights(base);
  const encoders = await FrozenEncoders.open({
    ...{ executor, base, imageEncoder, side: data.side },
    cache: new FeatureCache(data.cache),
  });
  const { weights: trainable, ...fits } = model.adapter === null
    ? { weights: await fresh(base, shape, config.seed), ...freshFits(base) }
    : await readAdapter(model.adapter, base, shape);
  const shards = await openShards(data.shards, data.split);
  const { base: name, imageEncoder: encoder } = model;
  const about = { base: name, encoder, shape, ...fits };
  const write = (path: string, weights: HostWeights) =>
    writeAdapter(path, weights, about);
  return {
    trainable,
    frozen,
    recompute: config.recompute,
    data: sceneData(config, {
      shards,
      encoders,
      denoiser: base.denoiser,
      schedule: noiseSchedule(base.scheduler),
      output: shape.input === "patch" ? "penultimate" : shape.input,
      fit: fits.fit,
      latent: base.latent,
      // a step is compiled for the shapes of its batch
      instances: backend === "onnx" ? data.maxInstances : undefined,
    }),
    program: denoisingProgram(
      { denoiser: base.denoiser, appearanceNet: shape },
      latentSize(base.latent.factor, data.side),
    ),
    sample: async (view) => {
      const adapter = join(config.out, "samples.safetensors");
      await write(adapter, await view.export());
      const options = { config, adapter, location, shards, backend };
      await drawSamples(view.step, options);
    },
    finish: async (weights) => {
      const path = join(config.out, "locref.safetensors");
      await write(path, weights);
      return { adapter: path };
    },
    close: () => encoders.dispose(),
  };
}

/** The parts that stay as they are: the base and the encoder of references. */
async function openFrozen({ base, imageEncoder }: LocrefConfig["model"]) {
  const location = await locateModel(base, { imageEncoder });
  const onWarning = (warning: string) => console.error(`Warning: ${warning}`);
  return {
    location,
    base: await openTrainedBase(location, { onWarning }),
    imageEncoder: await openImageEncoder(location.imageEncoder!, { onWarning }),
  };
}

function appearanceShape(
  { appearanceNet }: LocrefConfig,
  { textWidth }: AttentionLayers,
  encoder: ClipImageConfig,
): AppearanceNetShape {
  const { input, tokens, hiddenWidth } = appearanceNet;
  const inputWidth = encoder.hidden_size;
  return {
    kind: "locref",
    input,
    inputWidth,
    hiddenWidth: hiddenWidth ?? inputWidth,
    width: textWidth,
    tokens: input === "patch" ? visionTokens(encoder) : tokens,
  };
}

async function fresh(
  base: Base,
  shape: AppearanceNetShape,
  seed: number,
): Promise<HostWeights> {
  const weights = denoiserWeights(base);
  return await initialAdapter({ layers: base, weights }, shape, seed);
}

async function readAdapter(
  path: string,
  layers: AttentionLayers,
  shape: AppearanceNetShape,
): Promise<EncoderFits & { readonly weights: HostWeights }> {
  const { weights, fit, compositeFit } = await openLocRef(path);
  return {
    weights: await readHostWeights(weights, adapterShapes(layers, shape)),
    ...{ fit, compositeFit },
  };
}

/** Height and width of the latents of square pictures. */
function latentSize(factor: number, side: number): Size {
  const cells = Math.floor(side / factor);
  return { height: cells, width: cells };
}
