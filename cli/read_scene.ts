import { dirname, extname } from "node:path";
import {
  repeated,
  text,
  toggle,
  type Values,
} from "../lib/core/command/option.ts";
import { LocRefError } from "../lib/core/error.ts";
import { scene } from "../lib/scene/begin_scene.ts";
import type { Scene } from "../lib/scene/scene.ts";

/** Options that say which files a scene may name. */
export const rootOptions = {
  root: repeated(
    text("FOLDER", "folder that the scene's files must lie in", {
      otherwise: "the scene's folder and the current folder",
    }),
  ),
  allowOutside: toggle("the scene may name any file, and data: URLs"),
};

/**
 * The scene of a JSON file, whose relative paths start from its own folder, or of a PNG file that
 * this package made.
 *
 * Its files must lie below its own folder or the current one, links followed, unless options allow
 * more: whoever wrote a scene shall not read any file of whoever renders it.
 *
 * @throws {LocRefError} naming the file and what is wrong in it.
 */
export async function readScene(
  path: string,
  values: Partial<Values<typeof rootOptions>> = {},
): Promise<Scene> {
  const root = values.allowOutside
    ? false
    : values.root ?? [dirname(path), "."];
  if (extname(path).toLowerCase() === ".png") {
    return await scene.fromImage(path, { root });
  }
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new LocRefError(
      "file-missing",
      `Scene "${path}" cannot be read: ${(error as Error).message}`,
      { cause: error },
    );
  }
  try {
    return scene.from(text, { folder: dirname(path), root });
  } catch (error) {
    if (!(error instanceof LocRefError)) throw error;
    throw new LocRefError(error.code, `${path}: ${error.message}`, {
      cause: error,
    });
  }
}
