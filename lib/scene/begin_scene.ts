import { isAbsolute, join } from "node:path";
import { checkOptions, checkValue } from "../core/check_options.ts";
import { text } from "../core/kinds.ts";
import { quote } from "../core/quote.ts";
import { LocRefError } from "../error.ts";
import { Scene } from "./scene.ts";
import { checkSize, parseScene } from "./schema.ts";
import type { InstanceData } from "./types.ts";

/** Options of {@linkcode scene.from}. */
export interface SceneFromOptions {
  /** Folder that relative paths in the JSON start from. @default {the current folder} */
  readonly folder?: string;
}

/** What {@linkcode scene} is: a function that begins a scene, and ways to get one that exists. */
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
   * @throws {LocRefError} `scene-invalid`, naming the key or the instance.
   */
  from(json: unknown, options?: SceneFromOptions): Scene;
  /**
   * The scene of a PNG file that this package made, with the seed and settings it was made with:
   * `generate()` makes the same picture again.
   *
   * @param png a path or the file's bytes.
   * @throws {LocRefError} `image-invalid` if it is no PNG file of this package.
   */
  fromImage(png: string | URL | Uint8Array): Promise<Scene>;
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
  checkOptions<SceneFromOptions>(options, {
    of: "scene.from",
    fields: { folder: text("a folder's path") },
    elsewhere: { path: "folder", cwd: "folder", base: "folder" },
  });
  const data = parseScene(
    json instanceof Scene
      ? json.toJSON()
      : typeof json === "string"
      ? parseText(json)
      : json,
  );
  const { folder } = options;
  if (folder === undefined) return new Scene(data);
  const moved = data.instances.map((instance) =>
    movePaths(instance, (path) => relativeTo(folder, path))
  );
  return new Scene({ ...data, instances: moved });
}

async function sceneFromImage(png: string | URL | Uint8Array): Promise<Scene> {
  checkValue(png, {
    must: "the path of a PNG file, or its bytes",
    is: (value) =>
      typeof value === "string" || value instanceof URL ||
      value instanceof Uint8Array,
    allows: (value: string | URL | Uint8Array) =>
      value instanceof URL || value.length > 0,
  }, { name: "What scene.fromImage reads" });
  const { readProvenance } = await import("../pipeline/provenance.ts");
  const made = await readProvenance(
    png instanceof URL ? png.href : png,
  );
  const { guidanceInterval, deepEvery } = made;
  const { seed, steps, guidance, sampler, eta, size, layout } = made;
  return new Scene(parseScene(made.scene), {
    seed,
    steps,
    guidance,
    guidanceInterval,
    deepEvery,
    sampler,
    eta,
    size,
    layout,
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

function movePaths(
  instance: InstanceData,
  move: (path: string) => string,
): InstanceData {
  const { reference, negative, region, cutout } = instance;
  const words = ["alpha", "model", "none"];
  return {
    ...instance,
    reference: move(reference),
    ...(negative !== undefined && { negative: move(negative) }),
    ...(region !== undefined && { region: move(region) }),
    cutout: words.includes(cutout) ? cutout : move(cutout),
  };
}

function relativeTo(folder: string, path: string): string {
  const url = /^[a-z][a-z0-9+.-]+:/i.test(path);
  return url || isAbsolute(path) ? path : join(folder, path);
}
