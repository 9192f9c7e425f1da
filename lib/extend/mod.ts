/**
 * Bases and adapters of your own: the registries that models are opened with, and their types.
 * Samplers and backends have theirs in the package's main entry point, training stages in `./train`.
 *
 * @example
 * ```ts ignore
 * import { adapterFormats } from "@locref/locref/extend";
 *
 * adapterFormats.add({
 *   name: "mine",
 *   matches: ({ metadata }) => metadata.format === "mine",
 *   open: (file) => myAdapter(file),
 * });
 * ```
 *
 * @module
 */

export { adapterFormats, openAdapter } from "../adapters/adapter_formats.ts";
export { checkAdapterWeights } from "../adapters/check_adapter.ts";
export type {
  Adapter,
  AdapterFormat,
  AdapterRun,
  AdapterScene,
  AdapterSource,
  AdapterStep,
  BesideAdapter,
  DenoiserProgram,
  GuidedStep,
  OwnForm,
  PreparedAdapter,
  SceneReading,
  TracedStep,
} from "../adapters/adapter.ts";
export type { TraceEntry } from "../adapters/trace_entry.ts";
export { bases, openBase } from "../bases/bases.ts";
export type {
  Base,
  BaseDefaults,
  BaseInputs,
  LatentSpace,
  NamedPart,
  NamedProgram,
  PhraseEncoder,
  PictureSpace,
  StepRun,
  StyleBlocks,
} from "../bases/base.ts";
export type {
  SizeCondition,
  SizeConditions,
} from "../bases/size_conditions.ts";
export type {
  TextConditioning,
  TextCut,
  TextRequest,
  TextRun,
} from "../bases/text_conditioning.ts";
export type {
  DenoiserForm,
  DenoiserShape,
  StepRows,
} from "../bases/denoiser_shape.ts";
export type {
  BaseKind,
  KnownModel,
  Recognised,
  SettingsFile,
} from "../bases/base_kind.ts";
export type { CaptionReading } from "../bases/caption_rows.ts";
export { attentionSizes, crossSites } from "../bases/places.ts";
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
} from "../bases/hooks.ts";
export type {
  AttentionLayers,
  AttentionSite,
  FeatureSites,
  LevelSite,
  NormSites,
  Places,
  SkipSite,
} from "../bases/places.ts";
export type { FractionBox, Size } from "../core/geometry.ts";
export type { Kind } from "../core/kinds.ts";
export type { Registry } from "../core/registry.ts";
export { type Tensor, tensor } from "../core/tensor.ts";
export type { ClipImageConfig } from "../encoders/clip_image.ts";
export type { ClipTransformerConfig } from "../encoders/clip_transformer.ts";
export type { InstancePictures } from "../images/instance_pictures.ts";
export type { Raster } from "../images/raster.ts";
export type { Fit } from "../images/resize.ts";
export type { SoftMask } from "../images/masks/soft_mask.ts";
export type {
  CompileOptions,
  ModelFunction,
  Program,
  Runner,
  Signature,
  UnreadType,
  Values,
  WeightInfo,
  WeightSource,
} from "../ops/executor.ts";
export type {
  AttentionOptions,
  BiasedAttentionOptions,
  Conv2dOptions,
  Ops,
  Padding,
  ProductOptions,
} from "../ops/ops.ts";
export { Params } from "../ops/params.ts";
export type {
  GivenLora,
  InstanceData,
  InstanceLora,
  Overlap,
  SceneData,
} from "../scene_data/scene_data.ts";
export type { Weighting } from "../scene_data/weightings.ts";
export type { ControlData, ControlEdges } from "../scene_data/control_data.ts";
export type { InitData } from "../scene_data/init_data.ts";
export type { ConfigPlace, Parsed } from "../weights/configs/parse_config.ts";
export type {
  BetaSchedule,
  SchedulerConfig,
} from "../weights/configs/scheduler_config.ts";
export type { WeightKind } from "../weights/identify/weight_identity.ts";
export type {
  ConfigValue,
  ModelSource,
  OpenBaseOptions,
  SourcePart,
} from "../weights/model_source.ts";
export {
  type ModelFolderOptions,
  openModelFolder,
} from "../weights/model_folder.ts";
export type { ModelPart } from "../weights/open_part.ts";
