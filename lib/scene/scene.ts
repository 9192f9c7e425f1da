import { isAbsolute, join } from "node:path";
import { LocRefError } from "../error.ts";
import type { GenerationStep } from "../pipeline/generate.ts";
import type { GenerateOptions } from "../pipeline/generate_options.ts";
import type { MediaBundle } from "../notebook/media.ts";
import { instanceName } from "../pipeline/instance_name.ts";
import type { Picture } from "../pipeline/picture.ts";
import { type Box, resolveBox } from "./box.ts";
import {
  completeInstance,
  type InstanceOptions,
  referenceText,
  withoutUndefined,
} from "./instance.ts";
import type { Preview, PreviewOptions } from "./preview.ts";
import { checkSize, parseScene } from "./schema.ts";
import type { InstanceData, Overlap, SceneData } from "./types.ts";

/** What {@linkcode Scene.change} may change of an instance. */
export interface InstanceChanges extends InstanceOptions {
  /** Another reference picture. */
  readonly reference?: string | URL | Uint8Array;
  /** Another place. */
  readonly box?: Box;
}

/**
 * A picture that is to be made: a caption, and instances with a reference picture and a box each.
 *
 * A scene never changes: every method that seems to change it returns a new one, so a half-built
 * scene can be shared, swept and forked. It is plain data underneath ({@linkcode Scene.toJSON}).
 */
export class Scene {
  readonly #data: SceneData;
  readonly #defaults: GenerateOptions;

  /** @ignore */
  constructor(data: SceneData, defaults: GenerateOptions = {}) {
    this.#data = data;
    this.#defaults = defaults;
  }

  /** The coordinate space in pixels; absent where the scene takes the model's own size. */
  get size(): SceneData["size"] {
    return this.#data.size;
  }

  /** The instances as they were placed, later ones in front of earlier ones. */
  get instances(): readonly InstanceData[] {
    return this.#data.instances;
  }

  /** The scene with this caption for the whole picture. */
  caption(text: string): Scene {
    return this.#with({ caption: text });
  }

  /** The scene with words for what the picture shall not show. */
  negative(text: string): Scene {
    return this.#with({ negative: text });
  }

  /**
   * The scene with this policy for overlapping instances.
   *
   * Without it the adapter's own policy holds, which is `average` unless its file says otherwise.
   */
  overlap(policy: Overlap): Scene {
    return new Scene(
      parseScene({ ...this.#data, overlap: policy }),
      this.#defaults,
    );
  }

  /**
   * The scene with one more instance.
   *
   * @param reference path, `file:` or `data:` URL, or the bytes of a picture of what shall appear.
   * @param box where it shall appear, made with {@linkcode box} or {@linkcode layout}.
   * @throws {LocRefError} `scene-invalid` if the box leaves the canvas or is empty, or an option is
   * out of range.
   */
  place(
    reference: string | URL | Uint8Array,
    box: Box,
    options: InstanceOptions = {},
  ): Scene {
    const index = this.#data.instances.length;
    const text = referenceText(reference);
    const name = instanceName({ reference: text }, index);
    const resolved = resolveBox(box, this.#data.size, name);
    const instance = completeInstance(
      { ...options, reference: text, box: resolved },
      index,
    );
    return this.#with({ instances: [...this.#data.instances, instance] });
  }

  /**
   * The scene with instance `index` (from 0) changed.
   *
   * @throws {RangeError} if there is no such instance.
   * @throws {LocRefError} `scene-invalid`, as {@linkcode Scene.place}.
   */
  change(index: number, changes: InstanceChanges): Scene {
    const old = this.#instanceAt(index);
    const { reference, box, ...options } = changes;
    const text = reference === undefined
      ? old.reference
      : referenceText(reference);
    const resolved = box === undefined ? old.box : resolveBox(
      box,
      this.#data.size,
      instanceName({ reference: text }, index),
    );
    const instance = completeInstance(
      { ...old, ...withoutUndefined(options), reference: text, box: resolved },
      index,
    );
    return this.#with({
      instances: this.#data.instances.with(index, instance),
    });
  }

  /**
   * The scene without instance `index` (from 0).
   *
   * @throws {RangeError} if there is no such instance.
   */
  remove(index: number): Scene {
    this.#instanceAt(index);
    return this.#with({
      instances: this.#data.instances.toSpliced(index, 1),
    });
  }

  /** The scene as plain data: {@linkcode scene.from} makes an equal scene of it. */
  toJSON(): SceneData {
    return structuredClone(this.#data);
  }

  /**
   * Draws the scene without any model: composite image, masks at every attention resolution, boxes
   * and warnings.
   *
   * @throws {LocRefError} if a reference is missing or cannot be decoded.
   */
  async preview(options: PreviewOptions = {}): Promise<Preview> {
    const { previewScene } = await import("./preview.ts");
    return await previewScene(this.#data, {
      folder: this.#defaults.folder,
      ...options,
    });
  }

  /**
   * Makes the picture.
   *
   * @throws {LocRefError | RangeError} before any long work, if scene, options or model are wrong.
   */
  async generate(options: GenerateOptions = {}): Promise<Picture> {
    const { generate } = await import("../pipeline/generate.ts");
    return await generate(this.#data, { ...this.#defaults, ...options });
  }

  /**
   * Makes the picture step by step; {@linkcode Scene.generate} is this, run to its end.
   *
   * @returns an iterator over the steps taken; the picture is what it returns at the end.
   */
  async *steps(
    options: GenerateOptions = {},
  ): AsyncGenerator<GenerationStep, Picture> {
    const { generateSteps } = await import("../pipeline/generate.ts");
    return yield* generateSteps(this.#data, { ...this.#defaults, ...options });
  }

  /** Shows the scene's preview in a Jupyter notebook. */
  async [Symbol.for("Jupyter.display")](): Promise<MediaBundle> {
    const { sheetMedia } = await import("../notebook/media.ts");
    return await sheetMedia(await (await this.preview()).sheet());
  }

  #with(changes: Partial<SceneData>): Scene {
    return new Scene({ ...this.#data, ...changes }, this.#defaults);
  }

  #instanceAt(index: number): InstanceData {
    const { instances } = this.#data;
    const found = Number.isInteger(index) ? instances[index] : undefined;
    if (found !== undefined) return found;
    throw new RangeError(
      `There is no instance ${index}: the scene has ${instances.length}, counted from 0`,
    );
  }
}

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
  fromImage(png: string | Uint8Array): Promise<Scene>;
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

function beginScene(width?: number, height: number | undefined = width): Scene {
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
  const data = parseScene(typeof json === "string" ? parseText(json) : json);
  const { folder } = options;
  if (folder === undefined) return new Scene(data);
  const moved = data.instances.map((instance) =>
    movePaths(instance, (path) => relativeTo(folder, path))
  );
  return new Scene({ ...data, instances: moved });
}

async function sceneFromImage(png: string | Uint8Array): Promise<Scene> {
  const { readProvenance } = await import("../pipeline/provenance.ts");
  const made = await readProvenance(png);
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
      `Scene: not JSON (${(error as Error).message})`,
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
