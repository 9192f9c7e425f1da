/**
 * A training step of LocRef's adapter on a frozen UNet of Stable Diffusion 1.5's size, as stage
 * `locref` takes it: pooled image features, 16 tokens a picture, AdamW.
 */

import { parseArgs } from "node:util";
import { stableDiffusion15 as config } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { unetShape } from "../../lib/bases/sd/unet_programs.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { initialAdapter } from "../../train/locref/adapter_weights.ts";
import type { TrainedShape } from "../../train/locref/denoiser.ts";
import type { TrainingConfig } from "../../train/loop/training_config.ts";
import { largeWeights } from "../large_models.ts";
import { serve } from "./serve.ts";
import { trainingStep } from "./training_step.ts";

const features = 1280;

const { values } = parseArgs({
  options: {
    side: { type: "string", default: "32" },
    batch: { type: "string", default: "1" },
    backend: { type: "string", default: "tensorflow" },
    recompute: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
  },
});
Deno.env.set("TF_NUM_INTRAOP_THREADS", values.threads);
const side = Number(values.side);
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
const weights = await openSafetensors(largeWeights("unet"));
const trainable = await initialAdapter(
  { layers: shape.denoiser, weights },
  shape.appearanceNet,
  0,
);
await serve(
  await trainingStep({
    backend: values.backend as TrainingConfig["backend"],
    threads: Number(values.threads),
    shape,
    inputs: {
      batch: Number(values.batch),
      side,
      textTokens: 77,
      features: [features],
    },
    weights: { trainable, frozen: weights, recompute: values.recompute },
  }),
);
Deno.exit(0); // threads of the optimizer wait for steps
