import { stableDiffusion15 as config } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { unetShape } from "../../lib/bases/sd/unet_programs.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { initialAdapter } from "../../train/locref/adapter_weights.ts";
import type { TrainedShape } from "../../train/locref/denoiser.ts";
import { largeWeights } from "../large_models.ts";
import type { StepCase } from "./training_step.ts";

const features = 1280;

/**
 * LocRef's adapter on a frozen UNet of Stable Diffusion 1.5's size, as stage `locref` takes it: pooled
 * image features, 16 tokens a picture.
 */
export async function adapterCase(
  { side = 32, batch = 1, recompute = false }: {
    readonly side?: number;
    readonly batch?: number;
    readonly recompute?: boolean;
  } = {},
): Promise<StepCase> {
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
  const frozen = await openSafetensors(largeWeights("unet"));
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
