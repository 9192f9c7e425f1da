/**
 * A training step of LocRef's adapter on a frozen UNet of Stable Diffusion 1.5's size, as stage
 * `locref` takes it: pooled image features, 16 tokens a picture, AdamW.
 */

import { parseArgs } from "node:util";
import { listWeights } from "../../lib/ops/list_weights.ts";
import { tfjsOps } from "../../lib/ops/tfjs/ops.ts";
import { openTfjs } from "../../lib/ops/tfjs/runtime.ts";
import type { TfjsBackend } from "../../lib/ops/tfjs/tf.ts";
import { stableDiffusion15 as config } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { textKeyValueProgram } from "../../lib/bases/sd/key_value_programs.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { readHostWeights, toDevice } from "../../train/loop/host_weights.ts";
import { initialAdapter } from "../../train/locref/adapter_weights.ts";
import type { DenoiserShape } from "../../train/locref/denoiser.ts";
import { Optimizer } from "../../train/optimizer/optimizer.ts";
import { recomputingOps } from "../../train/loop/recompute.ts";
import type { TfTensor } from "../../train/loop/tf.ts";
import { largeWeights } from "../large_models.ts";
import { serve } from "./serve.ts";
import { randomInputs, trainingStep } from "./training_step.ts";

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
const shape: DenoiserShape = {
  unet: config,
  appearanceNet: {
    kind: "locref",
    input: "pooled",
    inputWidth: features,
    hiddenWidth: features,
    width,
    tokens: 16,
  },
};
const size = { height: side, width: side };
const tf = await openTfjs(values.backend as TfjsBackend);
const weights = await openSafetensors(largeWeights("unet"));
const optimizer = new Optimizer(
  tf,
  await initialAdapter({ config, weights }, shape.appearanceNet, 0),
);
const frozen = new Map<string, TfTensor>();
for (
  const [name, shape] of [
    ...listWeights(unetProgram(config, { size })),
    ...listWeights(textKeyValueProgram(config)),
  ]
) {
  const one = await readHostWeights(weights, new Map([[name, shape]]));
  frozen.set(name, toDevice(tf, one.get(name)!));
}
const inputs = randomInputs(tf, shape, {
  batch: Number(values.batch),
  side,
  textTokens: 77,
  features: [features],
});
const plain = tfjsOps(tf, { training: true });
await serve(trainingStep({
  tf,
  shape,
  inputs,
  optimizer,
  frozen,
  ops: (trained) =>
    values.recompute ? recomputingOps(tf, plain, trained) : plain,
}));
