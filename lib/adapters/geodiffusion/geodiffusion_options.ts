import { nested } from "../../core/check_options.ts";
import { type Kind, whole } from "../../core/kinds.ts";
import type { LocationGrid } from "./location_words.ts";

/** Settings of GeoDiffusion: the places that the model's vocabulary has words for. */
export type GeoDiffusionOptions = Partial<LocationGrid>;

const side = whole({ min: 2, max: 4096 });

/** The kind of {@linkcode GeoDiffusionOptions}. */
export const geoDiffusionOptions: Kind = nested<GeoDiffusionOptions>({
  must: "an object of settings such as { columns: 256, rows: 256 }",
  fields: { columns: side, rows: side },
});
