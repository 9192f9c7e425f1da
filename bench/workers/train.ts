/** A training step of the pocket UNet with LocRef on TensorFlow: all weights trained, AdamW. */

import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  type ClipImageConfig,
  clipImageTokens,
} from "../../lib/encoders/clip_image.ts";
import type { Program } from "../../lib/ops/executor.ts";
import { listWeights } from "../../lib/ops/list_weights.ts";
import { tfjsOps } from "../../lib/ops/tfjs_ops.ts";
import { openTfjs, type TfjsBackend } from "../../lib/ops/tfjs_runtime.ts";
import { readJson } from "../../lib/read_json.ts";
import { levelSizes } from "../../lib/unet/cross_attention_layers.ts";
import type { UnetConfig } from "../../lib/unet/unet_config.ts";
import { lossAndGradients } from "../../train/gradients.ts";
import { initialWeights } from "../../train/initial_weights.ts";
import {
  type DenoiserShape,
  locrefDenoiser,
} from "../../train/locref/denoiser.ts";
import { weightedSquares } from "../../train/locref/denoising_loss.ts";
import { Optimizer, tensorParams } from "../../train/optimizer/optimizer.ts";
import { serve } from "./serve.ts";

const instances = 4, textTokens = 32;

const { values } = parseArgs({
  options: {
    batch: { type: "string", default: "16" },
    backend: { type: "string", default: "tensorflow" },
    model: { type: "string", default: "models/pocket" },
    threads: { type: "string", default: "2" },
  },
});
const batch = Number(values.batch);
Deno.env.set("TF_NUM_INTRAOP_THREADS", values.threads);
const config = await readJson<UnetConfig>(
  join(values.model, "unet", "config.json"),
);
const imageTokens = clipImageTokens(
  await readJson<ClipImageConfig>(
    join(values.model, "image_encoder", "config.json"),
  ),
);
const context = config.cross_attention_dim;
const shape: DenoiserShape = {
  unet: config,
  appearanceNet: {
    kind: "locref",
    input: "patch",
    inputWidth: context,
    hiddenWidth: context,
    width: context,
    tokens: imageTokens,
  },
};
const side = config.sample_size ?? 16;
const size = { height: side, width: side };
const sizes = levelSizes(config, size);
const names = ["sample", "time", "text", "ci", "ri", "mask"];
const program: Program = {
  name: "train",
  inputs: Object.fromEntries(
    names.map((name) => [name, { kind: "float", shape: [] }]),
  ),
  outputs: {},
  run: (ops, params, { sample, time, text, ci, ri, mask }) => ({
    prediction: locrefDenoiser(ops, params, {
      ...{ sample: sample!, time: time!, text: text!, ci: ci!, ri: ri!, size },
      masks: sizes.map(() => ({ text: mask!, ci: mask!, ri: mask! })),
    }, shape),
  }),
};

const tf = await openTfjs(values.backend as TfjsBackend);
const ops = tfjsOps(tf, { training: true });
const optimizer = new Optimizer(tf, initialWeights(listWeights(program)));
const random = (...shape: number[]) => tf.randomNormal(shape);
const inputs = {
  sample: random(batch, side, side, config.in_channels),
  time: random(batch, config.block_out_channels[0]!),
  text: random(batch, textTokens, context),
  ci: random(batch, imageTokens, context),
  ri: random(batch * instances, imageTokens, context),
  masks: sizes.map(({ height, width }) => ({
    text: tf.ones([batch, height * width, 1]),
    ci: tf.ones([batch, height * width, 1]),
    ri: tf.fill([batch, instances, height * width], 1 / instances),
  })),
  size,
};
const target = random(batch, side, side, config.out_channels);
const map = tf.ones([batch, side, side, 1]);

let steps = 0;
async function step(): Promise<void> {
  const weights = optimizer.tensors;
  const params = tensorParams(new Map(), weights);
  const { loss, joined } = tf.tidy(() => {
    const { loss, gradients } = lossAndGradients(tf, () => {
      const predicted = locrefDenoiser(ops, params, inputs, shape);
      return weightedSquares(tf, predicted, target, map);
    }, [...weights.values()]);
    const byName = [...weights.keys()].map((name, i) =>
      [name, gradients[i]] as const
    );
    return { loss, joined: optimizer.join(new Map(byName)) };
  });
  optimizer.step(joined, ++steps, 1000).norm.dispose();
  await loss.data();
  tf.dispose([loss, ...joined]);
}

await step();
await serve(step);
