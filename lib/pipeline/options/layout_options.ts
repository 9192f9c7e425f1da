import type { LayoutSettings } from "../../adapters/locref/layout_settings.ts";

/** Eq. (1)'s numbers and the paper's ablation switches; absent ones keep the adapter's values. */
export interface LayoutOptions extends Partial<LayoutSettings> {
  /** Instance segmentation (IS): whether references are cut out. @default {true} */
  readonly is?: boolean;
}
