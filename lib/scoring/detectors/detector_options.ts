import type { OpenRulerOptions } from "../encoders/open_encoder.ts";

/** Options of `openDetector`. */
export interface OpenDetectorOptions extends OpenRulerOptions {
  /** Names of the classes, where the model does not bring them. */
  classes?: readonly string[];
}
