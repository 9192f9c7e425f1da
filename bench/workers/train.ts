/**
 * A training step of the pocket UNet with LocRef on `--backend`: all weights trained, AdamW. Under
 * mpirun the ranks share the batch, and rank 0 speaks for all.
 */

import { parseArgs } from "node:util";
import { openRanks } from "../../train/ranks/mpi.ts";
import type { TrainingConfig } from "../../train/loop/training_config.ts";
import { pocketStep } from "./pocket_step.ts";
import { serve } from "./serve.ts";

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
const ranks = openRanks();
const step = await pocketStep({
  backend: values.backend as TrainingConfig["backend"],
  model: values.model,
  threads: Number(values.threads),
  batch: Number(values.batch),
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
Deno.exit(0); // threads of the optimizer wait for steps
