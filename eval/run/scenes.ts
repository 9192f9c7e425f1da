import type { OpenScenesOptions, SceneSource } from "./scene_source.ts";

/**
 * Opens the scenes that `name` means: `pocket`; a data set of `deno task dataset`; a folder of
 * scenes as JSON; `coco:ANNOTATIONS,IMAGES` and `openimages:BOXES,IMAGES`, which are built first.
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
  const { annotatedScenes, datasetScenes, folderScenes } = await import(
    "./stored_scenes.ts"
  );
  if (/^(coco|openimages):/.test(name)) {
    return await annotatedScenes(name, options);
  }
  return await datasetScenes(name, options) ??
    await folderScenes(name, options);
}
