import { sourceNames } from "../../train/dataset/sources/dataset_sources.ts";
import type { OpenScenesOptions, SceneSource } from "./scene_source.ts";

/**
 * Opens the scenes that `name` means: `pocket`; a data set of `deno task dataset`; a folder of
 * scenes as JSON; `SOURCE:ANNOTATIONS,IMAGES`, such as `coco:…`, which are built first.
 *
 * @throws {LocRefError} if there is nothing of that name, or no scene in it.
 */
export async function openScenes(
  name: string,
  options: OpenScenesOptions,
): Promise<SceneSource> {
  if (name === "pocket") {
    const { pocketScenes } = await import("./pocket_scenes.ts");
    return await pocketScenes(options);
  }
  const [kind, file] = name.split(":", 2);
  const annotated = file !== undefined && sourceNames().includes(kind!);
  if (annotated) {
    const { annotatedScenes } = await import("./annotated_scenes.ts");
    return await annotatedScenes(name, options);
  }
  const { datasetScenes, folderScenes } = await import("./stored_scenes.ts");
  return await datasetScenes(name, options) ??
    await folderScenes(name, options);
}
