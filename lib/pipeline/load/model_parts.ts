import type { Adapter } from "../../adapters/adapter.ts";
import type { ClipImageConfig } from "../../encoders/clip_image.ts";
import type { BaseFiles, ModelPart } from "./model_files.ts";

/** The files that a model is made of. */
export interface ModelParts {
  readonly base: BaseFiles;
  readonly adapter?: Adapter;
  readonly imageEncoder?: ModelPart<ClipImageConfig>;
}
