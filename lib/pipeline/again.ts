import { counted } from "../core/counted.ts";
import { checkOptions, checkValue } from "../core/check_options.ts";
import {
  abortSignal,
  anyText,
  either,
  type Kind,
  seed,
  whole,
} from "../core/kinds.ts";
import { LocRefError } from "../core/error.ts";
import { quote, shorten } from "../core/quote.ts";
import { encodePng } from "../images/encode_png.ts";
import type { Raster } from "../images/raster.ts";
import { type Box, checkBox, resolveBox } from "../scene_data/box.ts";
import { completeInit, initKinds } from "../scene_data/init_data.ts";
import { completeInstance, withoutUndefined } from "../scene_data/instance.ts";
import { withoutInstances } from "../scene_data/without_instances.ts";
import { instanceName } from "../scene_data/instance_name.ts";
import { categoryOf } from "../scene_data/labels.ts";
import {
  dataUrl,
  type Reference,
  referenceText,
} from "../scene_data/reference.ts";
import type { InstanceData, SceneData } from "../scene_data/scene_data.ts";
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
  /** Stops the run between steps; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of `picture.without`. */
export type WithoutOptions = Pick<
  AgainOptions,
  "seed" | "strength" | "feather" | "signal"
>;

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

/** The instances of a picture: by number from 0, or by name. */
export type Which = number | string | readonly (number | string)[];

const which: Kind = either(
  whole({ min: 0 }),
  { must: "an instance's name", is: (value) => typeof value === "string" },
  { must: "a list of them", is: Array.isArray },
);

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
  const boxes = indices.flatMap((i) => [
    scene.instances[i]!.box,
    ...(box === undefined ? [] : [changed[i]!.box]),
  ]);
  const list = scene.instances.map((one, i) => changed[i] ?? one);
  return runOn(picture, { ...scene, instances: list }, { boxes, options });
}

function checkAgain(options: AgainOptions): void {
  const { strength, feather } = initKinds as Record<string, Kind>;
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
      strength: strength!,
      feather: feather!,
      signal: abortSignal,
    },
    elsewhere: {
      prompt: "caption",
      image: "reference",
      bbox: "box",
      denoising_strength: "strength",
      mask_blur: "feather",
    },
  });
}

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
  const { strength, feather } = initKinds as Record<string, Kind>;
  checkOptions<typeof options>(options, {
    of: "without",
    fields: {
      ...{ seed, strength: strength!, feather: feather! },
      signal: abortSignal,
    },
    elsewhere: { denoising_strength: "strength", mask_blur: "feather" },
  });
  const { scene } = picture.provenance;
  const indices = indicesOf(scene, instances);
  const boxes = indices.map((i) => scene.instances[i]!.box);
  const rest = withoutInstances(scene, indices);
  return runOn(picture, rest, { boxes, options });
}

function runOn(
  picture: PaintedOn,
  scene: SceneData,
  { boxes, options }: {
    boxes: readonly InstanceData["box"][];
    options: WithoutOptions;
  },
): AgainRun {
  const { width, height, provenance } = picture;
  const image = dataUrl(encodePng({ width, height, data: picture.data }));
  const { strength, feather } = options;
  const init = completeInit({
    image,
    boxes,
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

/** Indices of instances that are named by number, caption, or the reference's file. */
function indicesOf(scene: SceneData, instances: Which): number[] {
  checkValue(instances, which, { name: "Instance of again" });
  const list = typeof instances === "object" ? instances : [instances];
  const indices = list.map((one) => indexOf(scene, one));
  if (indices.length > 0) return [...new Set(indices)];
  throw new RangeError("Instances of again are none: name one at least");
}

function indexOf({ instances }: SceneData, one: number | string): number {
  if (typeof one === "number") {
    if (instances[one] !== undefined) return one;
    throw new RangeError(
      `There is no instance ${quote(one)}: the picture has ${
        counted(instances.length, "instance")
      }, counted from 0`,
    );
  }
  const found = [...instances.keys()].filter((i) =>
    [instances[i]!.caption, categoryOf(instances[i]!)].includes(one)
  );
  if (found.length === 1) return found[0]!;
  const names = instances.map((instance) => quote(categoryOf(instance)));
  throw new RangeError(
    found.length === 0
      ? `There is no instance ${quote(one)}: the picture has ${
        shorten(names.join(", "), 200)
      }`
      : `${found.length} instances are a ${
        quote(one)
      }: name one by its number, ${found.join(" or ")}`,
  );
}

/** The error about a picture that no run made. */
export function notRemade(): LocRefError {
  return new LocRefError(
    "disposed",
    "The picture has no run that it could be painted on with: make it with generate, or begin a scene with scene.inpaint(picture, { instance })",
  );
}
