import { basename, dirname } from "node:path";
import { ownLayouts } from "../../bases/bases.ts";
import { LocRefError } from "../../core/error.ts";
import { selectModelFiles } from "../../weights/hub/select_model_files.ts";

/** The weight files of a target, and problems that keep them from being complete. */
export function chooseWeightFiles(
  paths: readonly string[],
  path: string | undefined,
  variant: string | undefined,
): { chosen: string[]; problems: string[] } {
  if (path !== undefined && paths.includes(path)) {
    return { chosen: [path], problems: [] };
  }
  try {
    return {
      chosen: selectModelFiles(paths, {
        ...{ folder: path, variant },
        layouts: ownLayouts(),
      }),
      problems: [],
    };
  } catch (error) {
    if (!(error instanceof LocRefError)) throw error;
    const prefix = path === undefined ? "" : `${path}/`;
    const chosen = paths.filter((one) =>
      one.startsWith(prefix) && one.endsWith(".safetensors")
    );
    return { chosen, problems: [error.message] };
  }
}

/** Those of `paths` that are weight files; of shards their index alone. */
export function weightSets(paths: readonly string[]): string[] {
  const indices = paths.filter((path) =>
    /\.safetensors\.index.*\.json$/.test(path)
  );
  const folders = new Set(indices.map((path) => dirname(path)));
  const single = paths.filter((path) =>
    path.endsWith(".safetensors") &&
    !(/-\d{5}-of-\d{5}/.test(basename(path)) && folders.has(dirname(path)))
  );
  return [...single, ...indices].sort();
}
