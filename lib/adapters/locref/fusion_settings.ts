import type { BlockScales } from "../ip_adapter/block_scales.ts";
import type { ContentText } from "../ip_adapter/without_content.ts";
import type { Overlap } from "../../scene_data/scene_data.ts";

/** The numbers and switches of Eq. (1), the switches under the names of the paper's ablation. */
export interface FusionSettings {
  /** τ, the strength of text inside the boxes: 1 as public adapters were trained, 0 the strict reading. */
  readonly tau: number;
  /** λc, the strength of the composite image's hidden states (CIHS). */
  readonly lambdaCi: number;
  /** λr, the strength of the reference images' hidden states (RIHS). */
  readonly lambdaRi: number;
  /** Generated region guidance: whether FM and BM confine the composite image to the boxes. */
  readonly grg: boolean;
  /** Instance-aware fusion: whether references are attended to at all. */
  readonly iaf: boolean;
  /** How overlapping instances combine. */
  readonly overlap: Overlap;
  /**
   * Strengths of pictures by blocks of the denoiser (InstantStyle): `{ style: 1 }` takes the style
   * alone, `{ style: 1, layout: 0.5, rest: 0 }` some of the layout too, and `{ "up_blocks.1": 1 }` names
   * a block. The longest name counts; blocks under none get `rest`, which is 0.
   *
   * @default {1 everywhere}
   */
  readonly blocks?: BlockScales;
  /**
   * A text that the pictures are not to bring: a share of its embedding is taken from theirs, so that the
   * style remains (InstantStyle). It needs an adapter that reads projected features, and a base whose
   * text encoder belongs to the image encoder: SDXL with `ip-adapter_sdxl.safetensors`. A text alone
   * means a scale of 0.8.
   *
   * @default {nothing}
   */
  readonly without?: string | ContentText;
}

/** The settings of the design where neither adapter nor user says otherwise. */
export const defaultFusionSettings: FusionSettings = {
  tau: 1,
  lambdaCi: 1,
  lambdaRi: 1,
  grg: true,
  iaf: true,
  overlap: "average",
};
