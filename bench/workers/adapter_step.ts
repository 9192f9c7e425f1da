import { stableDiffusion15 } from "../../lib/bases/sd/stable_diffusion_15.ts";
import type { UnetConfig } from "../../lib/bases/sd/unet_config.ts";
import { unetShape } from "../../lib/bases/sd/unet_programs.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { initialAdapter } from "../../train/locref/adapter_weights.ts";
import type { TrainedShape } from "../../train/locref/denoiser.ts";
import {
  largeWeights,
  prepareUnet,
  prepareUnetHalves,
  unetHalves,
} from "../large_models.ts";
import { prepareSdxl, sdxlConfig, sdxlWeights } from "../sdxl_unet.ts";
import type { StepCase } from "./training_step.ts";

const features = 1280;

/** A frozen UNet with random weights. */
export interface FrozenUnet {
  readonly config: UnetConfig;
  /** Its file. */
  readonly weights: string;
  /** Writes the file, once. */
  readonly prepare: () => Promise<void>;
}

/** Sizes of UNets on which an adapter is trained. */
export const frozenSizes = ["sd15", "sdxl", "sdxl-tiny"] as const;

/** One of {@linkcode frozenSizes}. */
export type FrozenSize = typeof frozenSizes[number];

/** The frozen UNet of a size, in float32 or in half precision. */
export function frozenUnet(size: FrozenSize, half = false): FrozenUnet {
  if (size === "sd15") {
    return {
      config: stableDiffusion15,
      weights: half ? unetHalves : largeWeights("unet"),
      prepare: half ? prepareUnetHalves : prepareUnet,
    };
  }
  const tiny = size === "sdxl-tiny";
  return {
    config: sdxlConfig(tiny),
    weights: sdxlWeights(tiny, half),
    prepare: () => prepareSdxl(tiny, half),
  };
}

/**
 * LocRef's adapter on a frozen UNet, by default of Stable Diffusion 1.5's size, as stage `locref` takes
 * it: pooled image features, 16 tokens a picture.
 */
export async function adapterCase(
  { unet = frozenUnet("sd15"), side = 32, batch = 1, recompute = false }: {
    readonly unet?: FrozenUnet;
    readonly side?: number;
    readonly batch?: number;
    readonly recompute?: boolean;
  } = {},
): Promise<StepCase> {
  const { config } = unet;
  const width = config.cross_attention_dim;
  const shape: TrainedShape = {
    denoiser: unetShape(config),
    appearanceNet: {
      kind: "locref",
      input: "pooled",
      inputWidth: features,
      hiddenWidth: features,
      width,
      tokens: 16,
    },
  };
  const frozen = await openSafetensors(unet.weights);
  const layers = { layers: shape.denoiser, weights: frozen };
  return {
    shape,
    inputs: { batch, side, textTokens: 77, features: [features] },
    weights: {
      trainable: await initialAdapter(layers, shape.appearanceNet, 0),
      frozen,
      recompute,
    },
  };
}
