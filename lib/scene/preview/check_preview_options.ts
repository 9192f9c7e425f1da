import { checkOptions } from "../../core/check_options.ts";
import { either, flag, type Kind, oneOf, text } from "../../core/kinds.ts";
import { limitsKind } from "../../images/image_limits.ts";
import { editKinds } from "../../scene_data/edit_options.ts";
import type { PreviewOptions } from "./preview_options.ts";

/** A model, known by its fields, so that drawing a preview loads no model code. */
const model: Kind = either(
  {
    must: "a loaded model",
    is: (value) =>
      typeof value === "object" && value !== null && "latentFactor" in value,
  },
  oneOf(["pocket", "sd15"]),
);

/**
 * Checks the options of a preview.
 *
 * @throws {TypeError | RangeError} naming the option, its value and what is allowed.
 */
export function checkPreviewOptions(options: PreviewOptions): void {
  checkOptions<PreviewOptions>(options, {
    of: "preview",
    fields: {
      model,
      folder: text("a folder's path"),
      matting: text("a path or hub id"),
      is: flag,
      limits: limitsKind,
      ...editKinds,
    },
  });
}
