/**
 * A training step of the pocket UNet with LocRef on TensorFlow: all weights trained, AdamW. Under
 * mpirun the ranks share the batch, and rank 0 speaks for all.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  type ClipImageConfig,
  clipImageTokens,
} from "../../lib/encoders/clip_image.ts";
import type { Program } from "../../lib/ops/executor.ts";
import { listWeights } from "../../lib/ops/list_weights.ts";
import { tfjsOps } from "../../lib/ops/tfjs/ops.ts";
import { openTfjs } from "../../lib/ops/tfjs/runtime.ts";
import type { TfjsBackend } from "../../lib/ops/tfjs/tf.ts";
import { readJson } from "../../lib/core/read_json.ts";
import { levelSizes } from "../../lib/bases/sd/cross_attention_layers.ts";
import type { UnetConfig } from "../../lib/bases/sd/unet_config.ts";
import { initialWeights } from "../../train/loop/initial_weights.ts";
import {
  type DenoiserShape,
  locrefDenoiser,
} from "../../train/locref/denoiser.ts";
import { openRanks } from "../../train/ranks/mpi.ts";
import { Optimizer } from "../../train/optimizer/optimizer.ts";
import { serve } from "./serve.ts";
import { randomInputs, trainingStep } from "./training_step.ts";

const { values } = parseArgs({
  options: {
    batch: { type: "string", default: "16" },
    backend: { type: "string", default: "tensorflow" },
    model: { type: "string", default: "models/pocket" },
    threads: { type: "string", default: "2" },
  },
});
Deno.env.set("TF_NUM_INTRAOP_THREADS", values.threads);
Deno.env.set("OMP_NUM_THREADS", values.threads);
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
const ranks = openRanks();
const step = trainingStep({
  tf,
  shape,
  inputs: randomInputs(tf, shape, {
    batch: Number(values.batch) / ranks.size,
    side,
    textTokens: 32,
    features: [imageTokens, context],
  }),
  optimizer: new Optimizer(tf, initialWeights(listWeights(program))),
  frozen: new Map(),
  ops: () => ops,
  ranks,
});

/** Rank 0 tells all whether there is another step; answers whether there is. */
async function agree(ending: boolean): Promise<boolean> {
  const word = Float32Array.of(ending ? 1 : 0);
  await ranks.sum(word);
  return word[0] === 0;
}

await step();
if (ranks.rank === 0) {
  await serve(async () => {
    await agree(false);
    await step();
    return ranks.size > 1 ? { cpuSeconds: undefined } : {};
  });
  await agree(true);
} else while (await agree(false)) await step();
ranks.close();
