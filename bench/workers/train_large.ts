/**
 * A training step of LocRef's adapter on a frozen UNet of Stable Diffusion 1.5's size, as stage
 * `locref` takes it: pooled image features, 16 tokens a picture, AdamW.
 */

import { parseArgs } from "node:util";
import { listWeights } from "../../lib/ops/list_weights.ts";
import { tfjsOps } from "../../lib/ops/tfjs_ops.ts";
import { openTfjs, type TfjsBackend } from "../../lib/ops/tfjs_runtime.ts";
import { stableDiffusion15 as config } from "../../lib/pipeline/stable_diffusion_15.ts";
import { levelSizes } from "../../lib/unet/cross_attention_layers.ts";
import { textKeyValueProgram } from "../../lib/unet/key_value_programs.ts";
import { unetProgram } from "../../lib/unet/unet_program.ts";
import { openSafetensors } from "../../lib/weights/safetensors.ts";
import { lossAndGradients } from "../../train/gradients.ts";
import { readHostWeights, toDevice } from "../../train/host_weights.ts";
import { initialAdapter } from "../../train/locref/adapter_weights.ts";
import {
  type DenoiserShape,
  locrefDenoiser,
} from "../../train/locref/denoiser.ts";
import { weightedSquares } from "../../train/locref/denoising_loss.ts";
import { Optimizer, tensorParams } from "../../train/optimizer/optimizer.ts";
import { recomputingOps } from "../../train/recompute.ts";
import type { TfTensor } from "../../train/tf.ts";
import { largeWeights } from "../large_models.ts";
import { serve } from "./serve.ts";

const instances = 4, textTokens = 77, features = 1280;

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
const side = Number(values.side), batch = Number(values.batch);
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
const sizes = levelSizes(config, size);
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
const random = (...shape: number[]) => tf.randomNormal(shape);
const inputs = {
  sample: random(batch, side, side, config.in_channels),
  time: random(batch, config.block_out_channels[0]!),
  text: random(batch, textTokens, width),
  ci: random(batch, features),
  ri: random(batch * instances, features),
  masks: sizes.map(({ height, width }) => ({
    text: tf.ones([batch, height * width, 1]),
    ci: tf.ones([batch, height * width, 1]),
    ri: tf.fill([batch, instances, height * width], 1 / instances),
  })),
  size,
};
const target = random(batch, side, side, config.out_channels);
const map = tf.ones([batch, side, side, 1]);
const plain = tfjsOps(tf, { training: true });

let steps = 0;
await serve(async () => {
  const trained = optimizer.tensors;
  const wanted = [...trained.values()];
  const params = tensorParams(frozen, trained);
  const ops = values.recompute ? recomputingOps(tf, plain, wanted) : plain;
  const { loss, joined } = tf.tidy(() => {
    const { loss, gradients } = lossAndGradients(tf, () => {
      const predicted = locrefDenoiser(ops, params, inputs, shape);
      return weightedSquares(tf, predicted, target, map);
    }, wanted);
    const byName = [...trained.keys()].map((name, i) =>
      [name, gradients[i]] as const
    );
    return { loss, joined: optimizer.join(new Map(byName)) };
  });
  optimizer.step(joined, ++steps, 1000).norm.dispose();
  await loss.data();
  tf.dispose([loss, ...joined]);
});
