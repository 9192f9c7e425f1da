import type { ConfigSchema } from "./config_schema.ts";
import type { TrainingBackendName, TrainingConfig } from "./training_config.ts";
import type { Executor, WeightSource } from "../../lib/ops/executor.ts";
import type { LossProgram } from "../../lib/ops/loss_program.ts";
import type { HostWeights } from "./host_weights.ts";
import type { Ranks } from "../ranks/ranks.ts";
import type { SampleHook } from "./train_options.ts";
import type { TrainingData } from "./training_data.ts";

/** Context that a stage is opened with. */
export interface StageContext {
  /** Runs the models that are not trained. */
  readonly executor: Executor;
  /** Name of the training backend. */
  readonly backend: TrainingBackendName;
  /** The processes that train together. */
  readonly ranks: Ranks;
}

/** A stage with its data and weights at hand. */
export interface OpenStage {
  /** The loss as a function of batch and weights. */
  readonly program: LossProgram;
  /** Samples by number. */
  readonly data: TrainingData;
  /** Weights that are trained, with their first values. */
  readonly trainable: HostWeights;
  /** Weights that stay as they are. @default {none} */
  readonly frozen?: WeightSource;
  /** Whether blocks forget their inner values and compute them again. @default {false} */
  readonly recompute?: boolean;
  /** Whether weight decay acts on a weight. @default {on every one} */
  readonly decays?: (name: string) => boolean;
  /** Draws a sample sheet. */
  readonly sample?: SampleHook["draw"];
  /** Writes the result, on rank 0, once all steps are done; returns what to print. */
  readonly finish?: (weights: HostWeights) => Promise<unknown>;
  /** Frees what the stage holds. */
  readonly close?: () => void | Promise<void>;
}

/** One kind of training: what a config's `stage` names. */
export interface Stage<C extends TrainingConfig> {
  /** Schema of the config, with defaults; unknown keys are refused. */
  readonly schema: ConfigSchema<C>;
  /** Opens data and weights of a config. */
  readonly open: (config: C, context: StageContext) => Promise<OpenStage>;
}

/** Exports of a stage's module. */
export interface StageModule {
  readonly stage: Stage<TrainingConfig>;
}
