import { checkOptions } from "../core/check_options.ts";
import { abortSignal, anyText, seed } from "../core/kinds.ts";
import { LocRefError } from "../core/error.ts";
import type { FractionBox, Size } from "../core/geometry.ts";
import { encodePng } from "../images/encode_png.ts";
import type { Raster } from "../images/raster.ts";
import { type Box, checkBox, grownBox, resolveBox } from "../scene_data/box.ts";
import { completeInit, initKinds } from "../scene_data/init_data.ts";
import { completeInstance } from "../scene_data/instance.ts";
import { withoutUndefined } from "../core/without_undefined.ts";
import { withoutInstances } from "../scene_data/without_instances.ts";
import { instanceName } from "../scene_data/instance_name.ts";
import {
  dataUrl,
  type Reference,
  referenceText,
} from "../scene_data/reference.ts";
import type { InstanceData, SceneData } from "../scene_data/scene_data.ts";
import { indicesOf, type Which } from "../scene_data/which_instances.ts";
import type { Provenance } from "./provenance/provenance.ts";
import type { PaintedPicture } from "./provenance/scene_origin.ts";

/** Options of `picture.again`. */
export interface AgainOptions {
  /** Seed of the new noise. @default {one more than the picture's} */
  readonly seed?: number;
  /** Another reference picture. */
  readonly reference?: Reference;
  /** Another place; the old one is freed. */
  readonly box?: Box;
  /** Another caption of the instance. */
  readonly caption?: string;
  /** How much of the run is taken, above 0 to 1; below 1 the old content shines through. @default {1} */
  readonly strength?: number;
  /** Width of the blend around the box, in pixels. @default {a 64th of the shorter side} */
  readonly feather?: number;
  /**
   * Pixels around the old box that are freed, too, where the instance moves or goes: its shadow lies
   * there. Boxes of other instances stay as they are.
   *
   * @default {a sixth of the old box's longer side}
   */
  readonly margin?: number;
  /** Stops the run between steps; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of `picture.without`. */
export type WithoutOptions = Pick<
  AgainOptions,
  "seed" | "strength" | "feather" | "margin" | "signal"
>;

/** Part of a box's longer side that its object's shadow may reach beyond it. */
const usualMargin = 1 / 6;

/** A scene that paints a part of a picture anew, and the seed of its noise. */
export interface AgainRun {
  readonly scene: SceneData;
  readonly seed: number;
  /** Pictures that the scene names and that may be read wherever they lie. */
  readonly sources: readonly string[];
  /** The picture that is painted on. */
  readonly painted: PaintedPicture;
  /** Stops it between steps. */
  readonly signal?: AbortSignal;
}

/** A picture as far as it is painted on. */
export type PaintedOn = Raster & { readonly provenance: Provenance };

/**
 * The run that paints instances of a picture anew in their boxes.
 *
 * @throws {RangeError} if there is no such instance.
 */
export async function againRun(
  picture: PaintedOn,
  instances: Which,
  options: AgainOptions = {},
): Promise<AgainRun> {
  checkAgain(options);
  const { scene } = picture.provenance;
  const indices = indicesOf(scene, instances);
  const { reference, box, caption } = options;
  const changes = [reference, box, caption].some((one) => one !== undefined);
  if (changes && indices.length > 1) {
    throw new TypeError(
      "Options reference, box and caption of again change one instance: name one",
    );
  }
  const changed: Record<number, InstanceData> = {};
  for (const i of indices) {
    changed[i] = await changedInstance(scene, i, options);
  }
  if (options.margin !== undefined && box === undefined) {
    throw new TypeError(
      "Option margin of again frees what lies around an old place: it goes with box, which is missing",
    );
  }
  const old = indices.map((i) => scene.instances[i]!.box);
  const moved = box === undefined ? [] : indices.map((i) => changed[i]!.box);
  const list = scene.instances.map((one, i) => changed[i] ?? one);
  return runOn(picture, { ...scene, instances: list }, {
    boxes: [...old, ...moved],
    left: box === undefined ? [] : old,
    options,
  });
}

function checkAgain(options: AgainOptions): void {
  const { strength, feather, margin } = runKinds;
  // references and boxes are checked where they are read
  const is = () => true;
  checkOptions<AgainOptions>(options, {
    of: "again",
    fields: {
      seed,
      reference: {
        must: "a path, a URL, the bytes of a picture, or a picture",
        is,
      },
      box: { must: "a box, such as box.percent(10, 10, 50, 50)", is },
      caption: anyText,
      ...{ strength, feather, margin },
      signal: abortSignal,
    },
    elsewhere: {
      prompt: "caption",
      image: "reference",
      bbox: "box",
      ...elsewhere,
    },
  });
}

/** Ranges of the numbers that runs on a picture take. */
const runKinds = {
  strength: initKinds.strength!,
  feather: initKinds.feather!,
  margin: initKinds.feather!,
};

/** Their names in other programs. */
const elsewhere = {
  denoising_strength: "strength",
  mask_blur: "feather",
} as const;

/**
 * The run that paints a picture without an instance.
 *
 * @throws {RangeError} if there is no such instance.
 */
export function withoutRun(
  picture: PaintedOn,
  instances: Which,
  options: WithoutOptions = {},
): AgainRun {
  checkOptions<typeof options>(options, {
    of: "without",
    fields: { seed, ...runKinds, signal: abortSignal },
    elsewhere,
  });
  const { scene } = picture.provenance;
  const indices = indicesOf(scene, instances);
  const boxes = indices.map((i) => scene.instances[i]!.box);
  const rest = withoutInstances(scene, indices);
  return runOn(picture, rest, { boxes, left: boxes, options });
}

function runOn(
  picture: PaintedOn,
  scene: SceneData,
  { boxes, left, options }: {
    /** Boxes that are painted anew. */
    boxes: readonly FractionBox[];
    /** Those of them that an object leaves. */
    left: readonly FractionBox[];
    options: WithoutOptions;
  },
): AgainRun {
  const { width, height, provenance } = picture;
  const image = dataUrl(encodePng({ width, height, data: picture.data }));
  const { strength, feather, margin } = options;
  const freed = margin === 0
    ? []
    : left.map((one) =>
      grownBox(one, picture, margin ?? shadowMargin(one, picture))
    );
  const init = completeInit({
    image,
    boxes,
    ...(freed.length > 0 && { freed }),
    ...withoutUndefined({ strength, feather }),
  });
  const { size, ...rest } = scene;
  const shape = size && Math.log(size.width / size.height * height / width);
  const fits = shape !== undefined && Math.abs(shape) < 0.01;
  return {
    scene: { ...rest, ...(fits && { size }), init },
    seed: options.seed ?? provenance.seed + 1,
    signal: options.signal,
    painted: { source: image, provenance },
    sources: [image, ...scene.instances.map(({ reference }) => reference)],
  };
}

function shadowMargin(
  { x0, y0, x1, y1 }: FractionBox,
  { width, height }: Size,
): number {
  const longer = Math.max((x1 - x0) * width, (y1 - y0) * height);
  return Math.round(usualMargin * longer);
}

/** The instance with its changes; its own noise is new, too. */
async function changedInstance(
  { instances, size }: SceneData,
  index: number,
  { reference, box, caption }: AgainOptions,
): Promise<InstanceData> {
  const { seed: _, ...old } = instances[index]!;
  const name = instanceName(old, index);
  if (box !== undefined) checkBox(box, name);
  return completeInstance({
    ...old,
    ...(reference !== undefined && {
      reference: await sourceOf(reference, `${name}: reference`),
    }),
    ...(box !== undefined && { box: resolveBox(box, size, name) }),
    ...(caption !== undefined && { caption }),
  }, index);
}

async function sourceOf(reference: Reference, name: string): Promise<string> {
  const text = referenceText(reference, name);
  return typeof text === "string"
    ? text
    : dataUrl(new Uint8Array(await text.arrayBuffer()));
}

/** The error about a picture that no run made. */
export function notRemade(): LocRefError {
  return new LocRefError(
    "disposed",
    "The picture has no run that it could be painted on with: make it with generate, or begin a scene with scene.inpaint(picture, { instance })",
  );
}
