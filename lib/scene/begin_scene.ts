import { isAbsolute, join, resolve } from "node:path";
import { checkArguments } from "../core/check_arguments.ts";
import { checkOptions, checkValue } from "../core/check_options.ts";
import { either, type Kind, list, text } from "../core/kinds.ts";
import { quote } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import { isUrl } from "../images/read_source.ts";
import { SavedScene } from "./saved_scene.ts";
import { Scene } from "./scene.ts";
import { checkSize, parseScene } from "../scene_data/parse_scene.ts";
import { mapSources } from "../scene_data/sources.ts";

/** Options of {@linkcode scene.from}. */
export interface SceneFromOptions {
  /** Folder that relative paths in the JSON start from. @default {the current folder} */
  readonly folder?: string;
  /**
   * Folder, or folders, that files named in the JSON must lie in, links followed; URLs are refused
   * then. Give it for a scene that somebody else wrote.
   *
   * @default {false, which allows any}
   */
  readonly root?: string | readonly string[] | false;
}

/** Options of {@linkcode scene.fromImage}. */
export interface SceneFromImageOptions {
  /**
   * Folder, or folders, that references must lie in, links followed; `false` allows any. Without it
   * they lie beside the PNG file, or below the current folder with the very bytes of the saved picture.
   *
   * @default {the PNG file's folder}
   */
  readonly root?: string | readonly string[] | false;
}

/** Type of {@linkcode scene}: a function that begins a scene, with ways to load an existing one. */
export interface SceneMaker {
  /**
   * Begins a scene.
   *
   * @param width width of the coordinate space in pixels; without it, the model's own size.
   * @param height height of the coordinate space in pixels. @default {width}
   * @throws {LocRefError} `scene-invalid` unless both are whole numbers from 1 to 16384.
   */
  (width?: number, height?: number): Scene;
  /**
   * The scene of what `toJSON()` gave, or of JSON that a person wrote: as an object or as text.
   *
   * With `root`, files of the JSON are read inside that folder only, which relative paths then start
   * from, too. References that the program puts in later are read wherever they lie.
   *
   * @throws {LocRefError} `scene-invalid`, naming the key or the instance.
   */
  from(json: unknown, options?: SceneFromOptions): Scene;
  /**
   * The scene of a PNG file that this package made, and the options it was made with:
   * `scene.generate(options)` makes the same picture again.
   *
   * References are looked up beside the PNG file first, then at their old place. Their SHA-256 is
   * compared: `scene.warnings` names missing and changed ones.
   *
   * @example
   * ```ts no-eval
   * import { scene } from "@locref/locref";
   *
   * const { scene: saved, options } = await scene.fromImage("out/first.png");
   * const again = await saved.generate({ ...options, seed: 8 });
   * ```
   *
   * @param png a path or the file's bytes.
   * @throws {LocRefError} `image-invalid` if it is no PNG file of this package, or what it says of
   * how it was made is not complete.
   */
  fromImage(
    png: string | URL | Uint8Array,
    options?: SceneFromImageOptions,
  ): Promise<SavedScene>;
}

/**
 * Begins a scene: `scene(width, height)` in pixels of your choice, `scene()` in the model's own.
 *
 * @example
 * ```ts
 * import { box, scene } from "@locref/locref";
 *
 * const breakfast = scene(512, 512)
 *   .caption("a red apple and a tabby cat on a wooden table")
 *   .place("apple.png", box.xyxy(40, 260, 220, 440))
 *   .place("cat.jpg", box.percent(50, 20, 95, 90), { scale: 0.8 });
 * const copy = scene.from(breakfast.toJSON());
 * ```
 */
export const scene: SceneMaker = Object.assign(beginScene, {
  from: sceneFrom,
  fromImage: sceneFromImage,
});

function beginScene(
  width?: number,
  height: number | undefined = width,
  ...more: unknown[]
): Scene {
  if (more.length > 0) {
    throw new TypeError(
      `A scene begins with scene(width, height), got ${
        2 + more.length
      } arguments: options are those of its methods`,
    );
  }
  if (width === undefined && height !== undefined) {
    throw new TypeError(
      `A scene's height needs a width: scene(width, height), got nothing and ${
        quote(height)
      }`,
    );
  }
  const size = width === undefined
    ? undefined
    : { width, height: height as number };
  checkSize(size);
  return new Scene({
    version: 1,
    ...(size && { size }),
    caption: "",
    negative: "",
    instances: [],
  });
}

function sceneFrom(json: unknown, options: SceneFromOptions = {}): Scene {
  checkArguments(arguments, "scene.from(json, options)", 2);
  checkOptions<SceneFromOptions>(options, {
    of: "scene.from",
    fields: { folder: text("a folder's path"), root: rootKind },
    elsewhere: { path: "folder", cwd: "folder", base: "folder" },
  });
  const data = parseScene(
    json instanceof Scene
      ? json.toJSON()
      : typeof json === "string"
      ? parseText(json)
      : json,
  );
  const roots = rootList(options.root);
  const { folder: home = roots?.[0] } = options;
  const access = roots && { roots };
  if (home === undefined) return new Scene(data, { access });
  const moved = mapSources(data, (path) => relativeTo(home, path));
  return new Scene(moved, { home, access });
}

/** The option `root`. */
const rootKind: Kind = either(
  text("a folder's path"),
  list("a list of paths", text()),
  { must: "false", is: (value) => value === false },
);

/** The folders of the option `root`, absolute; `undefined` where any will do. */
function rootList(
  root: SceneFromOptions["root"],
): readonly string[] | undefined {
  if (root === undefined || root === false) return undefined;
  return (typeof root === "string" ? [root] : root).map((one) => resolve(one));
}

async function sceneFromImage(
  png: string | URL | Uint8Array,
  options: SceneFromImageOptions = {},
): Promise<SavedScene> {
  checkArguments(arguments, "scene.fromImage(png, options)", 2);
  checkValue(png, {
    must: "the path of a PNG file, or its bytes",
    is: (value) =>
      typeof value === "string" || value instanceof URL ||
      value instanceof Uint8Array,
    allows: (value: string | URL | Uint8Array) =>
      value instanceof URL || value.length > 0,
  }, {
    name: "What scene.fromImage reads",
    ...(png instanceof Uint8Array && { label: "What scene.fromImage reads" }),
  });
  checkOptions<SceneFromImageOptions>(options, {
    of: "scene.fromImage",
    fields: { root: rootKind },
    elsewhere: { folder: "root", cwd: "root" },
  });
  const { root } = options;
  const { replayImage } = await import(
    "../pipeline/provenance/replay_scene.ts"
  );
  const file = png instanceof URL ? png.href : png;
  const replayed = await replayImage(
    file,
    root === false ? false : rootList(root),
  );
  const { scene, settings, origin } = replayed;
  return new SavedScene(scene, settings, origin, {
    picture: { png: file, replayed },
  });
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LocRefError(
      "scene-invalid",
      `Scene: not JSON (${(error as Error).message}), got ${quote(text)}${
        /\.(json|png)$/i.test(text)
          ? ": give the file's text, await Deno.readTextFile(path), or a PNG file to scene.fromImage"
          : ""
      }`,
    );
  }
}

function relativeTo(folder: string, path: string): string {
  return isUrl(path) || isAbsolute(path) ? path : join(folder, path);
}
