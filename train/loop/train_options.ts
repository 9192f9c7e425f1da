import type { Params } from "../../lib/ops/params.ts";
import type { HostWeight, HostWeights } from "./host_weights.ts";
import type { Loss } from "./loss.ts";
import type { OptimizerSettings } from "../optimizer/optimizer.ts";
import type { Ranks } from "../ranks/ranks.ts";
import type { Tf, TfTensor } from "./tf.ts";
import type { BatchSizes, TrainingData } from "./training_data.ts";

/** How sample sheets are drawn. */
export interface SampleView {
  /** Steps done. */
  readonly step: number;
  /** The moving average where one is kept, and the frozen weights. Valid until the hook returns. */
  readonly weights: Params<TfTensor>;
  /** The same on the host, without the frozen ones. */
  readonly export: () => Promise<HostWeights>;
}

/** A hook that is called every so many steps. */
export interface SampleHook {
  readonly every: number;
  readonly draw: (view: SampleView) => void | Promise<void>;
}

/** Everything that {@linkcode train} needs. */
export interface TrainOptions<B> extends BatchSizes {
  readonly tf: Tf;
  /** For messages. */
  readonly name: string;
  /** Folder of the run: log, checkpoints. */
  readonly out: string;
  /** Steps in all. */
  readonly steps: number;
  readonly loss: Loss<B>;
  readonly data: TrainingData<B>;
  /** Weights that are trained, at their start. */
  readonly trainable: HostWeights;
  /** Weights that the loss reads but that stay as they are. Tensors remain the caller's. */
  readonly frozen?: ReadonlyMap<string, HostWeight | TfTensor>;
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
