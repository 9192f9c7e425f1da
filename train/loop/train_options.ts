import type { WeightSource } from "../../lib/ops/executor.ts";
import type { LossProgram } from "../../lib/ops/loss_program.ts";
import type { HostWeights } from "./host_weights.ts";
import type { OptimizerSettings } from "../optimizer/optimizer.ts";
import type { Ranks } from "../ranks/ranks.ts";
import type { TrainingBackend } from "../backends/trainer.ts";
import type { BatchSizes, TrainingData } from "./training_data.ts";

/** How sample sheets are drawn. */
export interface SampleView {
  /** Steps done. */
  readonly step: number;
  /** The moving average where one is kept, otherwise the weights; without the frozen ones. */
  readonly export: () => Promise<HostWeights>;
}

/** A hook that is called every so many steps. */
export interface SampleHook {
  /** Steps between two calls. */
  readonly every: number;
  /** Draws the sheet of a step. */
  readonly draw: (view: SampleView) => void | Promise<void>;
}

/** Everything that {@linkcode train} needs. */
export interface TrainOptions extends BatchSizes {
  /** The training backend. */
  readonly backend: TrainingBackend;
  /** For messages. */
  readonly name: string;
  /** Folder of the run: log, checkpoints. */
  readonly out: string;
  /** Steps in all. */
  readonly steps: number;
  /** The loss. */
  readonly program: LossProgram;
  readonly data: TrainingData;
  /** Weights that are trained, at their start. */
  readonly trainable: HostWeights;
  /** Weights that the loss reads but that stay as they are. @default {none} */
  readonly frozen?: WeightSource;
  /** Whether blocks forget their inner values and compute them again. @default {false} */
  readonly recompute?: boolean;
  readonly optimizer?: OptimizerSettings;
  /** Order of samples and all that is random in them. @default {0} */
  readonly seed?: number;
  /** How often to save, in steps, and how many checkpoints to keep. @default {every 500, keep 2} */
  readonly checkpoint?: { readonly every?: number; readonly keep?: number };
  /** How often to log, in steps. @default {1} */
  readonly logEvery?: number;
  readonly sample?: SampleHook;
  /** Whether to go on from the last checkpoint, if there is one. @default {false} */
  readonly resume?: boolean;
  /**
   * Folder of a run that this one begins where it ended: with its weights, their average and the
   * moments of AdamW. Steps, samples and learning rate begin anew.
   */
  readonly follows?: string;
  /** The other processes of this run. @default {none} */
  readonly ranks?: Ranks;
  /** Stops after the current step, like Ctrl-C. */
  readonly signal?: AbortSignal;
  /** Command that resumes the run after Ctrl-C. */
  readonly resumeCommand?: string;
}

/** How a run ended. */
export interface TrainResult {
  /** Steps done. */
  readonly step: number;
  /** Whether these are all; otherwise it was stopped, and has saved. */
  readonly finished: boolean;
  /** The moving average where one is kept, otherwise the weights. */
  readonly weights: HostWeights;
}
