/** A training step of LocRef's adapter on a frozen UNet of Stable Diffusion 1.5's size, AdamW. */

import { parseArgs } from "node:util";
import type { TrainingConfig } from "../../train/loop/training_config.ts";
import { adapterCase } from "./adapter_step.ts";
import { serve } from "./serve.ts";
import { trainingStep } from "./training_step.ts";

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
Deno.env.set("OMP_NUM_THREADS", values.threads);
await serve(
  await trainingStep({
    ...await adapterCase({
      side: Number(values.side),
      batch: Number(values.batch),
      recompute: values.recompute,
    }),
    backend: values.backend as TrainingConfig["backend"],
    threads: Number(values.threads),
  }),
);
Deno.exit(0); // threads of the optimizer wait for steps
