import type { BackendName } from "../ops/backends.ts";
import type { ChoiceOptions } from "../pipeline/options/choice_options.ts";
import type { PictureOptions } from "../pipeline/options/picture_options.ts";
import type { EditOptions } from "../scene_data/edit_options.ts";
import type { LocRef } from "./locref.ts";

/** Options of a run. */
export interface GenerateOptions
  extends PictureOptions, ChoiceOptions, EditOptions {
  /**
   * A loaded model, or the name of one. One given by name is loaded once and kept for the next run
   * that names it, until another is named or {@linkcode LocRef.release} is called.
   *
   * @default {"pocket"}
   */
  model?: LocRef | string;
  /** Backend for a model given by name. @default {"auto"} */
  backend?: BackendName | "auto";
}

/** Options of several pictures from one call, which comes to a list. */
export interface SeveralOptions
  extends Omit<GenerateOptions, "n" | "keep" | "until" | "tries"> {
  /** Number of pictures, 1 to 1000, with seeds that follow each other. */
  n: number;
  /** Only for one picture of several: {@linkcode GenerateOptions}. */
  keep?: undefined;
  /** Only for one picture of several: {@linkcode GenerateOptions}. */
  until?: undefined;
  /** Only for one picture of several: {@linkcode GenerateOptions}. */
  tries?: undefined;
}
