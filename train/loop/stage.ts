import type * as v from "valibot";
import type { TrainingConfig } from "./config.ts";
import type { TfjsBackend } from "../../lib/ops/tfjs/tf.ts";
import type { HostWeight, HostWeights } from "./host_weights.ts";
import type { Ranks } from "../ranks/ranks.ts";
import type { Tf, TfTensor } from "./tf.ts";
import type { Loss } from "./loss.ts";
import type { SampleHook } from "./train_options.ts";
import type { TrainingData } from "./training_data.ts";

/** Context that a stage is opened with. */
export interface StageContext {
  readonly tf: Tf;
  /** Backend of `tf`. */
  readonly backend: TfjsBackend;
  readonly ranks: Ranks;
}

/** A stage with its data and weights at hand. */
export interface OpenStage<B> {
  readonly loss: Loss<B>;
  readonly data: TrainingData<B>;
  readonly trainable: HostWeights;
  /** Weights that stay as they are; what is on the device already stays the stage's own. */
  readonly frozen?: ReadonlyMap<string, HostWeight | TfTensor>;
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
export interface Stage<C extends TrainingConfig, B> {
  readonly schema: v.GenericSchema<unknown, C>;
  readonly open: (config: C, context: StageContext) => Promise<OpenStage<B>>;
}

/** Exports of a stage's module. */
export interface StageModule {
  readonly stage: Stage<TrainingConfig, unknown>;
}
