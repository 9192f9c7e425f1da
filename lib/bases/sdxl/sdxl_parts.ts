import type { ClipTextConfig } from "../../encoders/clip_text.ts";
import type { ModelPart } from "../../weights/open_part.ts";
import type { StableDiffusionParts } from "../sd/stable_diffusion_parts.ts";

/** The parts of a Stable Diffusion XL model in Hugging Face layout. */
export interface SdxlParts extends StableDiffusionParts {
  /** Folder of the second tokenizer. */
  readonly tokenizer2: string;
  /** The second text encoder, with its projection. */
  readonly text2: ModelPart<ClipTextConfig>;
  /** Whether a negative caption that nobody gave counts as zeros. */
  readonly forceZeros: boolean;
}
