import type { Adapter } from "../../adapters/adapter.ts";
import type { ClipImageConfig } from "../../encoders/clip_image.ts";
import type { Base } from "../../bases/base.ts";
import type { ModelPart } from "../../weights/open_part.ts";

/** The files that a model is made of. */
export interface ModelParts {
  readonly base: Base;
  readonly adapter?: Adapter;
  readonly imageEncoder?: ModelPart<ClipImageConfig>;
}
