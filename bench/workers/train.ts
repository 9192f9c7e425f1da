/**
 * A training step of the pocket UNet with LocRef on `--backend`: all weights trained, AdamW. Under
 * mpirun the ranks share the batch, and rank 0 speaks for all.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  type ClipImageConfig,
  clipImageTokens,
} from "../../lib/encoders/clip_image.ts";
import { listLossWeights } from "../../lib/ops/list_weights.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import type { UnetConfig } from "../../lib/bases/sd/unet_config.ts";
import { initialWeights } from "../../train/loop/initial_weights.ts";
import type { DenoiserShape } from "../../train/locref/denoiser.ts";
import { denoisingProgram } from "../../train/locref/denoising_loss.ts";
import { openRanks } from "../../train/ranks/mpi.ts";
import type { TrainingConfig } from "../../train/loop/training_config.ts";
import { noWeights } from "../../train/loop/host_weights.ts";
import { serve } from "./serve.ts";
import { trainingStep } from "./training_step.ts";

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
const ranks = openRanks();
const step = await trainingStep({
  backend: values.backend as TrainingConfig["backend"],
  threads: Number(values.threads),
  shape,
  inputs: {
    batch: Number(values.batch) / ranks.size,
    side,
    textTokens: 32,
    features: [imageTokens, context],
  },
  weights: {
    trainable: initialWeights(
      listLossWeights(denoisingProgram(shape, { height: side, width: side })),
    ),
    frozen: noWeights,
  },
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
