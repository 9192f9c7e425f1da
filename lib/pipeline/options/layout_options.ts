import type { LayoutSettings } from "../../adapters/locref/layout_settings.ts";

/** Eq. (1)'s numbers and the paper's ablation switches; what is absent is as the adapter says. */
export interface LayoutOptions extends Partial<LayoutSettings> {
  /** Instance segmentation (IS): whether references are cut out. @default {true} */
  readonly is?: boolean;
}
