/**
 * Data sets for training: build shards from annotated pictures or scenes, read, check and convert
 * them.
 *
 * @module
 */

export { buildDataset } from "./build/build.ts";
export type { BuildResult } from "./build/build.ts";
export type { BuildOptions } from "./build/build_options.ts";
export type { PlanOptions } from "./build/plan.ts";
export type { Sample, SampleInstance } from "./build/sample.ts";
export type { IndexLine } from "./build/shard_record.ts";
export { writeShard } from "./build/write_shard.ts";
export { exportCoco } from "./export/export_coco.ts";
export { exportYolo } from "./export/export_yolo.ts";
export { pictureDefaults } from "./options.ts";
export type { PictureOptions } from "./options.ts";
export type { DatasetReport } from "./read/dataset_report.ts";
export { openDataset } from "./read/open_dataset.ts";
export type { OpenedDataset } from "./read/open_dataset.ts";
export type { OpenedSample } from "./read/read_sample.ts";
export { openShards } from "./read/shards.ts";
export type { SceneShards } from "./read/shards.ts";
export { readManifest, verifyDataset } from "./read/verify.ts";
export type { DatasetManifest } from "./read/verify.ts";
export { datasetSources } from "./sources/dataset_sources.ts";
export { defineSource } from "./sources/dataset_source.ts";
export type { DatasetSource, SourceRequest } from "./sources/dataset_source.ts";
export type { Registry } from "../../lib/core/registry.ts";
export {
  choice as choiceOption,
  needed as neededOption,
  number as numberOption,
  option as parsedOption,
  repeated as repeatedOption,
  text as textOption,
  toggle as toggleOption,
  whole as wholeOption,
} from "../../lib/core/command/option.ts";
export type {
  More as OptionSettings,
  Option,
  Options,
  Values as OptionValues,
} from "../../lib/core/command/option.ts";
export type { Bounds } from "../../lib/core/kinds.ts";
export { openCoco } from "./sources/coco.ts";
export type { CocoOptions } from "./sources/coco.ts";
export { openOpenImages } from "./sources/openimages.ts";
export type { OpenImagesOptions } from "./sources/openimages.ts";
export type {
  PictureSource,
  Problem,
  SourceInstance,
  SourcePicture,
} from "./sources/source.ts";
export { type Ranks, soloRank } from "../ranks/ranks.ts";
export type { Caption, Captioner } from "./build/captioner.ts";
export type { ReferenceCounts } from "./build/shard_record.ts";
export type { OriginalForm, ReferenceSource } from "./options.ts";
export type { Histogram } from "./read/dataset_report.ts";
export type { IndexFormat } from "./read/index_file.ts";
export type { SampleRecord } from "./read/read_sample.ts";
export type { Dropped } from "./sources/filters.ts";
export type { Segmentation } from "./sources/rle.ts";
export type { Progress } from "../../lib/core/command/progress.ts";
