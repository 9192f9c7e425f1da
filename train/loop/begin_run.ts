import { LocRefError } from "../../lib/core/error.ts";
import {
  openProgressLine,
  type ProgressLine,
} from "../../lib/core/command/progress.ts";
import { quote } from "../../lib/core/quote.ts";
import type { Trainer } from "../backends/trainer.ts";
import { showRecompiling } from "../log/progress_line.ts";
import { TrainingLog } from "../log/training_log.ts";
import { soloRank } from "../ranks/ranks.ts";
import { type Checkpoint, loadNewest } from "./checkpoint.ts";
import { noWeights } from "./host_weights.ts";
import {
  checkIdentity,
  checkRestored,
  identityOf,
  refuseToOverwrite,
} from "./run_identity.ts";
import type { TrainOptions } from "./train_options.ts";

/** Where a run begins. */
export interface RunStart {
  /** The weights, those of a checkpoint where there is one. */
  readonly trainer: Trainer;
  /** Steps that the run has taken. */
  readonly step: number;
  /** Seconds that they took. */
  readonly seconds: number;
  /** Steps of earlier runs whose moments are taken over. */
  readonly earlier: number;
  /** On rank 0 alone. */
  readonly log: TrainingLog | undefined;
  readonly line: ProgressLine;
}

/** Opens a run at its first step, at its last checkpoint, or where another run ended. */
export async function beginRun(options: TrainOptions): Promise<RunStart> {
  const { backend, out, ranks = soloRank } = options;
  const checkpoint = options.resume ? await loadNewest(out) : undefined;
  if (!options.resume) await refuseToOverwrite(out);
  if (checkpoint) {
    checkIdentity(checkpoint.position.identity, identityOf(options), out);
  }
  const begun = checkpoint ?? await endOf(options.follows);
  const isOwn = checkpoint !== undefined;
  if (begun) {
    const hasAverage = options.optimizer?.ema !== undefined;
    const { trainable } = options;
    checkRestored(begun, { trainable, hasAverage, isOwn });
  }
  const earlier = stepsBefore(begun, isOwn);
  const line = openProgressLine({ enabled: ranks.rank === 0, refresh: 500 });
  const trainer = await backend.open({
    frozen: noWeights,
    ...options,
    onRecompile: (batch) => showRecompiling(line, options.name, batch),
    optimizer: { ...options.optimizer, stepsBefore: earlier },
  });
  if (begun) trainer.restore(begun.tensors);
  const { step = 0, seconds = 0 } = checkpoint?.position ?? {};
  const log = ranks.rank === 0 ? await TrainingLog.open(out, step) : undefined;
  // nobody writes a checkpoint while another rank still reads
  await ranks.barrier();
  return { trainer, step, seconds, earlier, log, line };
}

/** The last checkpoint of a run that another one follows. */
async function endOf(
  folder: string | undefined,
): Promise<Checkpoint | undefined> {
  if (folder === undefined) return undefined;
  const last = await loadNewest(folder);
  if (last !== undefined) return last;
  throw new LocRefError(
    "file-missing",
    `Folder ${quote(folder)} holds no checkpoint that a run could follow`,
  );
}

/** How old moments are when a run begins at a checkpoint, its own or that of the run before. */
function stepsBefore(
  begun: Checkpoint | undefined,
  isOwn: boolean,
): number {
  if (begun === undefined) return 0;
  const { earlier = 0, step } = begun.position;
  return isOwn ? earlier : earlier + step;
}
