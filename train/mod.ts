/**
 * Training: run a config, or add a stage of your own.
 *
 * @example
 * ```ts no-eval
 * import { readConfig, runStage } from "@locref/locref/train";
 *
 * const { stage, config } = await readConfig("config.json");
 * const { step, finished } = await runStage(stage, config);
 * console.log(step, finished);
 * ```
 *
 * @module
 */

export { readConfig, runStage } from "./loop/run_stage.ts";
export type { RunStageOptions, StageResult } from "./loop/run_stage.ts";
export { trainingStages } from "./loop/stages.ts";
export type { TrainingStage } from "./loop/stages.ts";
export type { ConfigSchema } from "./loop/config_schema.ts";
export type { OpenStage, Stage, StageContext } from "./loop/stage.ts";
export { trainingBackends } from "./loop/training_config.ts";
export type {
  OptimizerConfig,
  TrainingBackendName,
  TrainingConfig,
} from "./loop/training_config.ts";
export type { SampleHook, SampleView } from "./loop/train_options.ts";
export type { TrainingData, TrainingSample } from "./loop/training_data.ts";
export type { SamplePlace } from "./loop/sample_order.ts";
export type { TrainingBatch } from "./backends/trainer.ts";
export { writeHostWeights } from "./loop/host_weights.ts";
export type {
  HostWeight,
  HostWeights,
  WriteHostWeightsOptions,
} from "./loop/host_weights.ts";
export type { LossProgram, LossValues } from "../lib/ops/loss_program.ts";
export type { LossOps } from "../lib/ops/loss_ops.ts";
export type { ProductOptions } from "../lib/ops/ops.ts";
export type {
  AttentionOptions,
  BiasedAttentionOptions,
  Conv2dOptions,
  Ops,
  Padding,
} from "../lib/ops/ops.ts";
export { Params } from "../lib/ops/params.ts";
export { type Tensor, tensor } from "../lib/core/tensor.ts";
export type { KeyPart, Random } from "../lib/core/random.ts";
export type {
  CompileOptions,
  Executor,
  ModelFunction,
  Program,
  Runner,
  Signature,
  UnreadType,
  Values,
  WeightInfo,
  WeightSource,
} from "../lib/ops/executor.ts";
export type { WritableDType } from "../lib/weights/safetensors/write_safetensors.ts";
export type { Ranks } from "./ranks/ranks.ts";
export type { Registry } from "../lib/core/registry.ts";
export { type LogEntry, readLog } from "./log/training_log.ts";
export { openGradient } from "../lib/ops/open_gradient.ts";
export type { BackendName } from "../lib/ops/backends.ts";
export type {
  GradientCompiler,
  InputGradient,
  InputGradientOptions,
  InputSlope,
} from "../lib/ops/input_gradient.ts";
export {
  energyInputs,
  type EnergyInputsOptions,
  energyProgram,
  type EnergyShape,
  type PlacedPhrase,
} from "../lib/adapters/layout_guidance/layout_energy.ts";
export {
  type GuidedLatents,
  guideLatents,
  type NoisyLatents,
} from "../lib/adapters/layout_guidance/guide_latents.ts";
export {
  localizationInputs,
  type LocalizationInputsOptions,
  localizationProgram,
  localizedSites,
  type LocalizedSubject,
} from "../lib/adapters/fastcomposer/localization.ts";
export { boxLossWeights } from "../lib/adapters/geodiffusion/box_loss_weights.ts";
export type { BoxLossWeightsOptions } from "../lib/adapters/geodiffusion/box_loss_weights.ts";
export { boundedGraph } from "../lib/adapters/bounded_attention/bounded_graph.ts";
export { boundedInputs } from "../lib/adapters/bounded_attention/bounded_inputs.ts";
export type { BoundedInputsOptions } from "../lib/adapters/bounded_attention/bounded_inputs.ts";
export type { BoundedTokens } from "../lib/adapters/bounded_attention/hidden_pairs.ts";
export { styleAlignedGraph } from "../lib/adapters/style_aligned/style_aligned_graph.ts";
export type { StyleAlignedSettings } from "../lib/adapters/style_aligned/style_aligned_graph.ts";
export type { StyleBatch } from "../lib/adapters/style_aligned/style_rows.ts";
export type {
  AdapterGraph,
  CrossParts,
  HookName,
  Hooks,
  Joined,
  JoinSite,
  KeyValue,
  NormShape,
  SelfParts,
  Signatures,
  TextAttention,
  TextHook,
} from "../lib/bases/hooks.ts";
export type {
  AttentionSite,
  FeatureSites,
  LevelSite,
  NormSites,
  Places,
  SkipSite,
} from "../lib/bases/places.ts";
export type { FractionBox, Size } from "../lib/core/geometry.ts";
