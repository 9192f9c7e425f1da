/**
 * Pictures of several given objects, each in its place: captions, boxes and reference pictures in,
 * a picture out (LocRef-Diffusion, arXiv 2411.15252), without Python.
 *
 * @example
 * ```ts
 * import { box, scene } from "@locref/locref";
 *
 * const picture = await scene(512, 512)
 *   .caption("a hamburger on a striped blue ground")
 *   .place("examples/assets/hamburger.webp", box.percent(15, 22, 85, 80))
 *   .generate({ seed: 7 });
 * console.log(picture.width, picture.height);
 * ```
 *
 * @module
 */

export { LocRefError, type LocRefErrorCode } from "./lib/core/error.ts";
export { box } from "./lib/scene_data/box.ts";
export type { Box, BoxMakers } from "./lib/scene_data/box.ts";
export type { InstanceOptions } from "./lib/scene_data/instance.ts";
export { locationCaption } from "./lib/adapters/geodiffusion/location_words.ts";
export type {
  LocatedLabel,
  LocationGrid,
} from "./lib/adapters/geodiffusion/location_words.ts";
export type { BlockScales } from "./lib/adapters/ip_adapter/block_scales.ts";
export { layout } from "./lib/scene/layout.ts";
export type {
  GridOptions,
  LayoutHelpers,
  LayoutOptions,
  ScatterOptions,
} from "./lib/scene/layout.ts";
export type { PreviewPicture } from "./lib/scene/preview/edit_pictures.ts";
export type { OnOptions } from "./lib/scene/edits.ts";
export type {
  ControlOptions,
  EditOptions,
  InitOptions,
  InpaintOptions,
  StyleOptions,
} from "./lib/scene_data/edit_options.ts";
export type {
  ControlData,
  ControlEdges,
} from "./lib/scene_data/control_data.ts";
export type { InitData } from "./lib/scene_data/init_data.ts";
export type { StyleData } from "./lib/scene_data/style_data.ts";
export type { MethodOptions } from "./lib/adapters/method_options.ts";
export type { GligenOptions } from "./lib/adapters/gligen/gligen_options.ts";
export type { GroundingShares } from "./lib/adapters/gligen/grounding_schedule.ts";
export type { GeoDiffusionOptions } from "./lib/adapters/geodiffusion/geodiffusion_options.ts";
export type { MigcOptions } from "./lib/adapters/migc/migc_options.ts";
export type { MsOptions } from "./lib/adapters/ms_diffusion/ms_options.ts";
export type { FastComposerOptions } from "./lib/adapters/fastcomposer/fastcomposer_options.ts";
export type {
  AdainParts,
  StyleAlignedOptions,
} from "./lib/adapters/style_aligned/style_options.ts";
export type { BoundedOptions } from "./lib/adapters/bounded_attention/bounded_options.ts";
export type { LayoutGuidanceOptions } from "./lib/adapters/layout_guidance/layout_options.ts";
export type { AgainOptions, WithoutOptions } from "./lib/pipeline/again.ts";
export type { Which } from "./lib/scene_data/which_instances.ts";
export type { LayoutFile } from "./lib/scene/layouts/from_file.ts";
export type { FromPictureOptions } from "./lib/scene/layouts/from_picture.ts";
export type {
  LayoutData,
  LayoutObject,
} from "./lib/scene/layouts/layout_object.ts";
export type {
  LayoutReferences,
  PictureLayout,
} from "./lib/scene/layouts/picture_layout.ts";
export type { CocoLayoutOptions } from "./lib/scene/layouts/read_coco.ts";
export type { YoloLayoutOptions } from "./lib/scene/layouts/read_yolo.ts";
export { scene } from "./lib/scene/begin_scene.ts";
export type {
  SceneFromImageOptions,
  SceneFromOptions,
  SceneMaker,
} from "./lib/scene/begin_scene.ts";
export type { Scene } from "./lib/scene/scene.ts";
export type { InstanceChanges } from "./lib/scene/name_instance.ts";
export type { SceneEdits } from "./lib/scene/edits.ts";
export type { GivenPictures, SceneParts } from "./lib/scene/parts.ts";
export type { NamedEdits } from "./lib/scene/named_edits.ts";
export type { Weighting } from "./lib/scene_data/weightings.ts";
export type { SavedRun, SavedScene } from "./lib/scene/saved_scene.ts";
export type { Run, StepGenerator } from "./lib/model/run.ts";
export type { SceneLike } from "./lib/pipeline/provenance/scene_origin.ts";
export type {
  GivenLora,
  InstanceData,
  InstanceLora,
  Overlap,
  SceneData,
} from "./lib/scene_data/scene_data.ts";
export type { Combine } from "./lib/scene_data/several_pictures.ts";
export type { FractionBox } from "./lib/core/geometry.ts";
export type { Preview, PreviewOptions } from "./lib/scene/preview/preview.ts";
export type { MaskLevel } from "./lib/scene/preview/mask_level.ts";
export type { GridModel } from "./lib/scene/preview/attention_grid.ts";
export { LocRef } from "./lib/model/locref.ts";
export type { LoadOptions } from "./lib/pipeline/load/load_model.ts";
export type { LoraOptions } from "./lib/pipeline/options/load_options.ts";
export type { MergedLora } from "./lib/pipeline/load/model_parts.ts";
export type { LoraProvenance } from "./lib/pipeline/provenance/lora_provenance.ts";
export type { BackendInfo } from "./lib/pipeline/load/loaded_model.ts";
export type { ModelDefaults } from "./lib/pipeline/load/model_defaults.ts";
export type { ConditionOptions } from "./lib/pipeline/options/condition_options.ts";
export type { FreeuSettings } from "./lib/adapters/steering/freeu.ts";
export type { PagSettings } from "./lib/adapters/steering/perturbed_attention.ts";
export type { SteeringOptions } from "./lib/pipeline/options/steering_options.ts";
export type { DecodeOptions } from "./lib/pipeline/options/decode_options.ts";
export type {
  SizeCondition,
  SizeConditions,
} from "./lib/bases/size_conditions.ts";
export type {
  CompileOptions,
  Executor,
  ModelFunction,
  Precision,
  Program,
  Runner,
  Signature,
  UnreadType,
  Values,
  WeightInfo,
  WeightSource,
} from "./lib/ops/executor.ts";
export type { GenerationStep } from "./lib/pipeline/generation_step.ts";
export type {
  GenerateOptions,
  SeveralOptions,
} from "./lib/model/generate_options.ts";
export type {
  FusionOptions,
  FusionOptions as LayoutNetOptions,
  PictureOptions,
} from "./lib/pipeline/options/picture_options.ts";
export type {
  ChoiceOptions,
  LeastScores,
} from "./lib/pipeline/options/choice_options.ts";
export { loadRulers } from "./lib/scoring/load_rulers.ts";
export type { LoadRulersOptions } from "./lib/scoring/load_rulers.ts";
export type {
  Detector,
  InstanceScore,
  PictureEncoder,
  PictureScores,
  Rulers,
} from "./lib/pipeline/options/rulers.ts";
export type { OpenRulerOptions } from "./lib/scoring/encoders/open_encoder.ts";
export type { Detection } from "./lib/pipeline/options/rulers.ts";
export { best } from "./lib/scene/best.ts";
export type { BestOptions } from "./lib/scene/best.ts";
export { sweep } from "./lib/scene/sweep.ts";
export type { Pixels, Reference } from "./lib/scene_data/reference.ts";
export type { SweepOptions, SweepPicture } from "./lib/scene/sweep.ts";
export { saveCoco } from "./lib/scene/coco_dataset.ts";
export type { Pictures, SaveCocoOptions } from "./lib/scene/coco_dataset.ts";
export type {
  FusionSettings,
  FusionSettings as LayoutSettings,
} from "./lib/adapters/locref/fusion_settings.ts";
export type { ContentText } from "./lib/adapters/ip_adapter/without_content.ts";
export type { CocoLabel } from "./lib/scene_data/labels.ts";
export type { Picture, SaveOptions } from "./lib/pipeline/picture.ts";
export type {
  AttentionTrace,
  CellMap,
  TraceSelection,
} from "./lib/pipeline/attention_trace.ts";
export type { TraceEntry } from "./lib/adapters/trace_entry.ts";
export type {
  Choice,
  ModelProvenance,
  OtherFiles,
  Provenance,
} from "./lib/pipeline/provenance/provenance.ts";
export { gallery } from "./lib/notebook/gallery.ts";
export type { Gallery, GalleryOptions } from "./lib/notebook/gallery.ts";
export { showSteps } from "./lib/notebook/show_steps.ts";
export type { ShowStepsOptions } from "./lib/notebook/show_steps.ts";
export { shown, table } from "./lib/notebook/shown.ts";
export type { Shown, TableCell, TableOptions } from "./lib/notebook/shown.ts";
export type { MediaBundle } from "./lib/images/media.ts";
export type { Fit } from "./lib/images/resize.ts";
export type { ImageFormat } from "./lib/images/encode.ts";
export type { ImageLimits } from "./lib/images/image_limits.ts";
export type { Raster } from "./lib/images/raster.ts";
export { builtInSamplers, samplers } from "./lib/ddim/samplers.ts";
export type { Registry } from "./lib/core/registry.ts";
export type {
  AnySamplerOptions,
  SamplerChoice,
  SamplerName,
} from "./lib/ddim/samplers.ts";
export type {
  ModelCall,
  RunOptions,
  SamplerKind,
  SamplerPlan,
  SamplerRun,
  SchedulerClass,
} from "./lib/ddim/sampler.ts";
export { sigmaSpacings } from "./lib/ddim/sampler_options.ts";
export type {
  SamplerOptionInfo,
  SamplerOptions,
  SamplerOptionValue,
  SigmaSpacing,
} from "./lib/ddim/sampler_options.ts";
export type {
  NoiseSchedule,
  PredictionType,
  SchedulerConfig,
  TimestepSpacing,
} from "./lib/ddim/noise_schedule.ts";
export type { BetaSchedule } from "./lib/weights/configs/scheduler_config.ts";
export type { OwnSettings } from "./lib/ddim/own_settings.ts";
export type { Size } from "./lib/core/geometry.ts";
export { backendNames, backends, builtInBackends } from "./lib/ops/backends.ts";
export type { BackendName } from "./lib/ops/backends.ts";
export type { Backend, OpenExecutorOptions } from "./lib/ops/backend.ts";
export type { TriedBackend } from "./lib/ops/open_executor.ts";
export type {
  AttentionOptions,
  BiasedAttentionOptions,
  Conv2dOptions,
  Ops,
  Padding,
  ProductOptions,
} from "./lib/ops/ops.ts";
export type { Params } from "./lib/ops/params.ts";
export type {
  GradientCompiler,
  InputGradient,
  InputGradientOptions,
  InputSlope,
} from "./lib/ops/input_gradient.ts";
export type { LossProgram, LossValues } from "./lib/ops/loss_program.ts";
export type { LossOps } from "./lib/ops/loss_ops.ts";
export type { Tensor } from "./lib/core/tensor.ts";
export type { Diagnosis } from "./lib/doctor/diagnosis.ts";
export type { WeightReport } from "./lib/doctor/diagnose_weights.ts";
export type { ExportOptions } from "./lib/export/export_model.ts";
export type { WeightDifference } from "./lib/weights/safetensors/check_weights.ts";
export type { WeightKind } from "./lib/weights/identify/weight_identity.ts";
