import type { Fit } from "../../images/resize.ts";
import type { SquareFit } from "../../weights/square_fit.ts";
import type { WeightSource } from "../../ops/executor.ts";
import type { Adapter, BesideAdapter } from "../adapter.ts";
import type { AppearanceNetShape } from "./appearance_net.ts";
import type { FusionSettings } from "./fusion_settings.ts";

/** An open adapter file, under the names of LocRef's own format. */
export interface LocRefFile {
  readonly shape: AppearanceNetShape;
  /** `layout_net.*` in LocRef's names, the projection in the names of its own kind. */
  readonly weights: WeightSource;
  readonly settings: FusionSettings;
  /** How a reference is fitted to the image encoder's square. */
  readonly fit: Fit;
  /** How the composite image is fitted to it, cells of the latents with it. */
  readonly compositeFit: SquareFit;
  /** Path of the file. */
  readonly file: string;
}

/** LocRef's adapter: an open file, and the encoder that its references go through. */
export interface LocRefAdapter extends Adapter, LocRefFile, BesideAdapter {
  readonly settings: FusionSettings;
  readonly kind: "locref";
}

/** The adapter of LocRef's kind among several. */
export function locrefAmong(
  adapters: readonly Adapter[],
): LocRefAdapter | undefined {
  return adapters.find((one): one is LocRefAdapter => one.kind === "locref");
}
