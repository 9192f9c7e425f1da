import { dirname, extname } from "node:path";
import { LocRefError } from "../lib/error.ts";
import { scene } from "../lib/scene/begin_scene.ts";
import type { Scene } from "../lib/scene/scene.ts";

/**
 * The scene of a JSON file, whose relative paths start from its own folder, or of a PNG file that
 * this package made.
 *
 * @throws {LocRefError} naming the file and what is wrong in it.
 */
export async function readScene(path: string): Promise<Scene> {
  if (extname(path).toLowerCase() === ".png") {
    return await scene.fromImage(path);
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
    return scene.from(text, { folder: dirname(path) });
  } catch (error) {
    if (!(error instanceof LocRefError)) throw error;
    throw new LocRefError(error.code, `${path}: ${error.message}`, {
      cause: error,
    });
  }
}
