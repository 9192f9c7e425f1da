/** A thread that makes batches of a stage, which its set-up names. */

import { random } from "../../lib/core/random.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import type { TrainingBatch } from "../backends/trainer.ts";
import type { OpenStage } from "../loop/stage.ts";
import { openStageNamed } from "../loop/stages.ts";
import { soloRank } from "../ranks/ranks.ts";
import { serve } from "../threads/serve.ts";
import type { LoaderRequest, LoaderSetup } from "./loader_messages.ts";

/** An open stage, and the seed of its samples. */
interface Opened extends OpenStage {
  readonly seed: number;
}

serve(open, makeBatch, (batch) => {
  const buffers = Object.values(batch).map(({ data }) => data.buffer);
  return [...new Set(buffers)];
});

async function open({ stage, config }: LoaderSetup): Promise<Opened> {
  const { executor, name } = await openExecutor("onnx", { threads: 1 });
  const found = await openStageNamed(stage);
  const opened = await found!.open(config, {
    ...{ executor, backend: name as "onnx", ranks: soloRank },
  });
  return { ...opened, seed: config.seed };
}

async function makeBatch(
  samples: LoaderRequest,
  { data, seed }: Opened,
): Promise<TrainingBatch> {
  return await data.batch(
    samples.map((place) => ({
      ...place,
      random: random(seed, "sample", place.number),
    })),
  );
}
