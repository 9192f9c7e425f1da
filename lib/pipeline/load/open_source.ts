import { stat } from "node:fs/promises";
import { openModelFolder } from "../../weights/model_folder.ts";
import type { ModelSource } from "../../weights/model_source.ts";
import { openSingleFile } from "../../weights/single_file/open_single_file.ts";
import { replaceParts } from "../../weights/single_file/replace_parts.ts";
import type { LoadOptions } from "../options/load_options.ts";
import type { ModelLocation } from "./locate_model.ts";

/**
 * The source of a base: a folder or a checkpoint in one file, with the parts that were given in the
 * place of its own.
 *
 * @throws {LocRefError} if it cannot be read, or is no model that is used here.
 */
export async function openSource(
  { base, replacements = {} }: Pick<ModelLocation, "base" | "replacements">,
  options: Pick<LoadOptions, "variant" | "prediction"> & {
    onWarning?: (warning: string) => void;
  },
): Promise<ModelSource> {
  const source = (await stat(base)).isDirectory()
    ? await openModelFolder(base, options)
    : await openSingleFile(base, options);
  return replaceParts(source, replacements, options);
}
