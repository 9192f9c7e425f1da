import type { ProgressLine } from "../../lib/core/command/progress.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { showBeginning, showTraining } from "../log/progress_line.ts";
import type { LogEntry, TrainingLog } from "../log/training_log.ts";
import { type Ranks, soloRank } from "../ranks/ranks.ts";
import { identityOf } from "./run_identity.ts";
import { listenForStop, type StopRequest } from "./stop_request.ts";
import type { Trainer, TrainingBatch } from "../backends/trainer.ts";
import {
  BatchQueue,
  type MicroBatches,
  microBatches,
  type TrainingSample,
} from "./training_data.ts";
import type { SampleHook, TrainOptions, TrainResult } from "./train_options.ts";
import { beginRun, type RunStart } from "./begin_run.ts";
import { TrainingStep } from "./training_step.ts";

/**
 * Trains weights on a loss: the loop that all stages share.
 *
 * Sample `n` of a run and its random numbers depend on the seed and `n` only, and the whole state is
 * saved. So a stopped or killed run resumes to the same losses, and several ranks compute the losses
 * of one.
 *
 * @throws {LocRefError} `training` if the loss is no number any more, or the folder holds another run.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const run = new TrainingRun(options, await beginRun(options));
  try {
    return await run.toTheEnd();
  } finally {
    await run.close();
  }
}

class TrainingRun {
  readonly #options: TrainOptions;
  readonly #ranks: Ranks;
  readonly #trainer: Trainer;
  readonly #micro: MicroBatches;
  readonly #queue: BatchQueue<TrainingBatch>;
  readonly #stepper: TrainingStep;
  readonly #log: TrainingLog | undefined;
  readonly #line: ProgressLine;
  readonly #stop: StopRequest;
  readonly #begun: number;
  #done: number;
  #saved: number;
  #seconds: number;
  readonly #earlier: number;

  constructor(options: TrainOptions, start: RunStart) {
    const { data, seed = 0, ranks = soloRank } = options;
    this.#options = options;
    this.#ranks = ranks;
    this.#trainer = start.trainer;
    const { rank, size } = ranks;
    const sizes = { batch: options.batch, microBatch: options.microBatch };
    this.#micro = microBatches(data, { ...sizes, seed, rank, size });
    this.#queue = new BatchQueue(
      (index) => data.batch(this.#samplesAt(index)),
      data.ahead,
    );
    this.#stepper = new TrainingStep(start.trainer, { ...options, ranks });
    this.#log = start.log;
    this.#line = start.line;
    const tell = (text: string) => rank === 0 && this.#line.print(text);
    this.#stop = listenForStop(tell, options.signal);
    if (options.resume) tell(whereItGoesOn(options.out, start.step));
    this.#begun = start.step;
    this.#done = start.step;
    this.#saved = start.step;
    this.#seconds = start.seconds;
    this.#earlier = start.earlier;
  }

  #samplesAt(index: number): TrainingSample[] {
    const { count } = this.#micro;
    return this.#micro.at(Math.floor(index / count), index % count);
  }

  async toTheEnd(): Promise<TrainResult> {
    const { steps, checkpoint, sample } = this.#options;
    const { every = 500 } = checkpoint ?? {};
    if (this.#done < steps) this.#showBeginning();
    while (this.#done < steps) {
      const stopping = await this.#step();
      if (sample && this.#done % sample.every === 0) await this.#draw(sample);
      const due = this.#done % every === 0 || this.#done === steps;
      if (due || stopping) await this.#save();
      if (stopping && this.#done < steps) {
        this.#tellHowToGoOn();
        break;
      }
    }
    return {
      step: this.#done,
      finished: this.#done >= steps,
      weights: await this.#trainer.export(),
    };
  }

  #showBeginning(): void {
    const { name, backend: { name: backend, compiles } } = this.#options;
    showBeginning(this.#line, name, { backend, compiles });
  }

  /** One step; returns whether any rank got a request to stop. */
  async #step(): Promise<boolean> {
    const { steps, logEvery = 1, batch } = this.#options;
    const { count } = this.#micro;
    const started = performance.now();
    const step = this.#done;
    const report = await this.#stepper.run(step, {
      count,
      samples: (index) => this.#samplesAt(step * count + index).length,
      take: (index) => {
        return this.#queue.take(step * count + index, steps * count - 1);
      },
      stopping: () => this.#stop.requested,
    });
    // signals and timers have their turn only when the loop lets go
    await new Promise((resolve) => setTimeout(resolve, 0));
    const seconds = (performance.now() - started) / 1000;
    this.#done++;
    this.#seconds += seconds;
    if (this.#done % logEvery === 0 || this.#done === steps) {
      const tensors = this.#trainer.tensors();
      const entry: LogEntry = {
        step: this.#done,
        ...report.numbers,
        samples_per_second: round(batch / seconds),
        seconds: round(this.#seconds),
        ...(tensors === undefined ? {} : { tensors }),
        resident_mb: round(Deno.memoryUsage().rss / 1e6),
      };
      this.#log?.write(entry);
    }
    showTraining(this.#line, this.#options.name, {
      step: this.#done,
      steps,
      loss: report.loss,
      samplesPerSecond: batch / seconds,
      secondsLeft: (steps - this.#done) * this.#seconds / this.#done,
    }, { first: this.#done === this.#begun + 1 });
    // several ranks must agree on the step, which they do in the next one
    const alone = this.#ranks.size === 1;
    return report.stopping || (alone && this.#stop.requested);
  }

  async #draw(hook: SampleHook): Promise<void> {
    if (this.#ranks.rank === 0) {
      await hook.draw({
        step: this.#done,
        export: () => this.#trainer.export(),
      });
    }
    await this.#ranks.barrier();
  }

  async #save(): Promise<void> {
    const { out, batch, checkpoint } = this.#options;
    if (this.#saved === this.#done) return;
    this.#saved = this.#done;
    if (this.#ranks.rank === 0) {
      const position = {
        step: this.#done,
        samples: this.#done * batch,
        seconds: round(this.#seconds),
        earlier: this.#earlier,
        identity: identityOf(this.#options),
      };
      const tensors = await this.#trainer.save();
      await saveCheckpoint(out, position, tensors, {
        keep: checkpoint?.keep,
      });
    }
    await this.#ranks.barrier();
  }

  #tellHowToGoOn(): void {
    const { out, resumeCommand = "the same command with --resume" } =
      this.#options;
    if (this.#ranks.rank !== 0) return;
    this.#line.print(
      `Stopped after step ${this.#done}, saved in ${out}. To go on: ${resumeCommand}`,
    );
  }

  async close(): Promise<void> {
    this.#line.end({ keep: true });
    this.#stop.close();
    this.#log?.close();
    await this.#queue.close();
    await this.#trainer.dispose();
  }
}

function whereItGoesOn(out: string, step: number): string {
  return step === 0
    ? `No checkpoint in ${out}: the run begins at its first step`
    : `Going on after step ${step} of ${out}`;
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
