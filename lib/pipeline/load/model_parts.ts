import type { Adapter } from "../../adapters/adapter.ts";
import type { ClipImageConfig } from "../../encoders/clip_image.ts";
import type { StableDiffusion } from "../../bases/sd/stable_diffusion.ts";
import type { ModelPart } from "../../weights/open_part.ts";

/** The files that a model is made of. */
export interface ModelParts {
  readonly base: StableDiffusion;
  readonly adapter?: Adapter;
  readonly imageEncoder?: ModelPart<ClipImageConfig>;
}
