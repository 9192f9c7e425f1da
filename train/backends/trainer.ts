import type { Executor, Values, WeightSource } from "../../lib/ops/executor.ts";
import type { LossProgram } from "../../lib/ops/loss_program.ts";
import type { Tensor } from "../../lib/core/tensor.ts";
import type { TrainingBackendName } from "../loop/training_config.ts";
import type { HostWeights } from "../loop/host_weights.ts";
import type { OptimizerSettings } from "../optimizer/optimizer.ts";
import type { Ranks } from "../ranks/ranks.ts";

/** Samples that go through the model at a time, on the host. Images are `[N, C, H, W]`. */
export type TrainingBatch = Values<Tensor>;

/** Options of {@linkcode TrainingBackend.open}. */
export interface TrainerOptions {
  readonly program: LossProgram;
  /** Weights that are trained, at their start. */
  readonly trainable: HostWeights;
  /** Weights that the loss reads but that stay as they are. */
  readonly frozen: WeightSource;
  readonly optimizer?: OptimizerSettings;
  /** Whether blocks forget their inner values and compute them again. @default {false} */
  readonly recompute?: boolean;
  /** Called before a step is compiled anew, for a batch of shapes that none had before. */
  readonly onRecompile?: (batch: TrainingBatch) => void;
}

/** Numbers of one optimizer step. */
export interface UpdateReport {
  /** Norm of all gradients before clipping. */
  readonly norm: number;
  readonly learningRate: number;
}

/** The weights that are trained, with their gradients and all that the optimizer keeps, on a backend. */
export interface Trainer {
  /** Adds `share` times the gradients of a batch's loss; returns the loss and its metrics. */
  accumulate(
    batch: TrainingBatch,
    share: number,
  ): Promise<Readonly<Record<string, number>> & { readonly loss: number }>;
  /** The sum of gradients so far, by the weights' names. */
  gradients(): Promise<HostWeights>;
  /** Sums the gradients over all ranks. */
  exchange(ranks: Ranks): Promise<void>;
  /**
   * Clips the gradients, takes step number `step` (1 is the first) of `steps` and forgets the
   * gradients. A norm that is not finite is returned; what weights are then is undefined.
   */
  update(step: number, steps: number): Promise<UpdateReport>;
  /** Forgets the gradients. */
  discard(): void;
  /** The moving average where one is kept, otherwise the weights. */
  export(): Promise<HostWeights>;
  /** Everything that another run needs to go on: `weights.NAME`, `mean.NAME`, `square.NAME`, `average.NAME`. */
  save(): Promise<HostWeights>;
  /** Takes over what a trainer of any backend saved. */
  restore(saved: HostWeights): void;
  /** Number of tensors on the device, where the backend counts them. */
  tensors(): number | undefined;
  /** Frees everything. */
  dispose(): Promise<void>;
}

/** One way to train. */
export interface TrainingBackend {
  readonly name: TrainingBackendName;
  /** Whether a step is compiled before it runs first, which takes seconds. @default {false} */
  readonly compiles?: boolean;
  /** Opens a trainer. */
  open(options: TrainerOptions): Promise<Trainer>;
  /** An executor for models that are not trained. */
  executor(): Promise<Executor>;
}
