import type { FusionSettings } from "../../adapters/locref/fusion_settings.ts";

/** Eq. (1)'s numbers and the paper's ablation switches; absent ones keep the adapter's values. */
export interface FusionOptions extends Partial<FusionSettings> {
  /** Instance segmentation (IS): whether references are cut out. @default {true} */
  readonly is?: boolean;
}
