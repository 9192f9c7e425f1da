import { existsSync } from "node:fs";
import { dirname, extname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  repeated,
  text,
  toggle,
  type Values,
} from "../lib/core/command/option.ts";
import { inNameOf, LocRefError } from "../lib/core/error.ts";
import { quotePath, systemReason } from "../lib/core/machine/system_error.ts";
import { imageKind } from "../lib/images/image_kind.ts";
import { scene } from "../lib/scene/begin_scene.ts";
import type { PictureOptions } from "../lib/pipeline/options/picture_options.ts";
import type { SavedScene } from "../lib/scene/saved_scene.ts";
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

/** A scene from a file, with the options that a saved picture was made with. */
export interface FoundScene {
  readonly scene: Scene;
  /** @default {none, of a JSON file} */
  readonly options: PictureOptions;
  /** The saved picture, which may be painted on. @default {none, of a JSON file} */
  readonly saved?: SavedScene;
}

/**
 * The scene of a JSON file, whose relative paths start from its own folder, or of a PNG file that
 * this package made.
 *
 * Its files must lie below its own folder or the current one, links followed, unless options allow
 * more: the author of a scene shall not read arbitrary files of its user. Pictures of this package
 * may always be read.
 *
 * @throws {LocRefError} naming the file and what is wrong in it.
 */
export async function readScene(
  path: string,
  values: Partial<Values<typeof rootOptions>> = {},
): Promise<FoundScene> {
  const root = values.allowOutside
    ? false
    : values.root ?? [dirname(path), ".", ...ownPictures()];
  const bytes = extname(path).toLowerCase() === ".png"
    ? undefined
    : await readBytes(path);
  const kind = bytes && imageKind(bytes);
  if (bytes === undefined || kind === "png") {
    const saved = await scene.fromImage(path, { root });
    return { scene: saved.scene, options: saved.options, saved };
  }
  if (kind !== undefined) throw noScene(path, kind);
  // with or without a byte order mark
  const text = new TextDecoder().decode(bytes);
  const found = await inNameOf(
    path,
    () => scene.from(text, { folder: dirname(path), root }),
  );
  return { scene: found, options: {} };
}

/** Folder of the pictures that come with the package, which its own example scenes refer to. */
function ownPictures(): string[] {
  const url = new URL("../examples/assets", import.meta.url);
  return url.protocol === "file:" ? [fileURLToPath(url)] : [];
}

function noScene(path: string, kind: string): LocRefError {
  return new LocRefError(
    "scene-invalid",
    `Scene ${
      quotePath(path)
    } is no JSON but ${kind}: give a JSON file, or a PNG file that generate wrote`,
  );
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw new LocRefError(
      "file-missing",
      `Scene ${quotePath(path)} cannot be read: ${
        systemReason(error) ?? (error as Error).message
      }${isCaption(path) ? captionAdvice : ""}`,
      { cause: error },
    );
  }
}

/** Whether somebody typed a caption where a file is read. */
function isCaption(path: string): boolean {
  return /\s/.test(path) && extname(path) === "" && !existsSync(path);
}

const captionAdvice =
  ': a scene is a JSON file, such as {"caption": "a red apple"}';
