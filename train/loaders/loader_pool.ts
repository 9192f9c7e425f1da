import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import type { TrainingBatch } from "../backends/trainer.ts";
import { stageNames } from "../loop/stages.ts";
import type { TrainingConfig } from "../loop/training_config.ts";
import type { TrainingData } from "../loop/training_data.ts";
import { allReady, leastBusy, Thread } from "../threads/thread.ts";
import type { LoaderRequest, LoaderSetup } from "./loader_messages.ts";

/** Data of a stage whose batches are made by threads of their own. */
export interface LoadedData {
  readonly data: TrainingData;
  /** Ends the threads. */
  readonly close: () => void;
}

/**
 * Opens `loaders` threads that make the batches of a stage while the loop computes.
 *
 * Each opens the stage for itself, with one thread for its encoders. Batches are those of `data` to
 * the bit: all that is random in a sample depends on the seed and its place in the run.
 *
 * @throws {LocRefError} `config-invalid` for a stage that a thread cannot load by its name, and
 * whatever the stage throws when it opens.
 */
export async function openLoaders(
  data: TrainingData,
  { config, loaders }: { config: TrainingConfig; loaders: number },
): Promise<LoadedData> {
  const { stage } = config as { stage?: unknown };
  if (typeof stage !== "string" || !stageNames().includes(stage)) {
    throw new LocRefError(
      "config-invalid",
      `Loaders cannot load stage ${
        quote(stage)
      }, which is none of the package: leave "loaders" out`,
    );
  }
  const module = new URL("./loader_worker.ts", import.meta.url);
  const pool = Array.from(
    { length: loaders },
    () =>
      new Thread<LoaderRequest, TrainingBatch>(
        module,
        { stage, config } satisfies LoaderSetup,
        "loader",
      ),
  );
  await allReady(pool);
  return {
    close: () => pool.forEach((loader) => loader.close()),
    data: {
      length: data.length,
      ahead: loaders,
      batch: (samples) =>
        leastBusy(pool).request(
          samples.map(({ number, epoch, index }) => ({ number, epoch, index })),
        ),
    },
  };
}
