import type { Fit } from "../images/resize.ts";
import type { WeightSource } from "../ops/executor.ts";
import type { SafetensorsFile } from "../weights/safetensors/safetensors.ts";
import type { AppearanceNetShape } from "./locref/appearance_net.ts";
import type { LayoutSettings } from "./locref/layout_settings.ts";

/** An open adapter file, under the names of LocRef's own format. */
export interface Adapter {
  readonly shape: AppearanceNetShape;
  /** `layout_net.*` in LocRef's names, the projection in the names of its own kind. */
  readonly weights: WeightSource;
  readonly settings: LayoutSettings;
  /** How a reference is fitted to the image encoder's square. */
  readonly fit: Fit;
  /** Path of the file. */
  readonly file: string;
}

/** A kind of adapter file. */
export interface AdapterFormat {
  /** Name of the format in messages. */
  readonly name: string;
  /** Whether a file has this format, from its header alone. */
  matches(file: SafetensorsFile): boolean;
  /**
   * Opens a file of this format. Reads no values.
   *
   * @throws {LocRefError} if the header does not hold what the format needs.
   */
  open(file: SafetensorsFile): Adapter;
}
