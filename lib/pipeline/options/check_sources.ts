import { counted } from "../../core/counted.ts";
import { readHead } from "../../images/decode.ts";
import {
  byteCount,
  completeLimits,
  pixelCount,
} from "../../images/image_limits.ts";
import {
  type ReadSourceOptions,
  sourceName,
  sourceSize,
} from "../../images/read_source.ts";
import { LocRefError } from "../../core/error.ts";
import { isMaskPath } from "../../scene_data/sources.ts";
import type { InstanceData, SceneData } from "../../scene_data/scene_data.ts";
import { quote } from "../../core/quote.ts";
import { otherName } from "../../scene_data/several_pictures.ts";
import { controlName } from "../../scene_data/control_data.ts";
import { instanceName } from "../../scene_data/instance_name.ts";

/** Role of a picture for its instance. */
export type SourceRole =
  | "reference"
  | `others.${number}`
  | "negative"
  | "region"
  | "cutout";

/** A picture that a scene refers to. */
export interface SceneSource {
  /** Path or URL as it stands in the scene. */
  readonly source: string;
  /** Where it stands, as messages say it: `Instance 1 ("cat.png"): cutout`. */
  readonly name: string;
  readonly role: SourceRole;
}

/** The pictures of one instance, reference first. */
export function instanceSources(
  instance: InstanceData,
  index: number,
): SceneSource[] {
  const { reference, others = [], negative, region, cutout } = instance;
  const name = instanceName(instance, index);
  const all = {
    reference,
    ...Object.fromEntries(others.map((one, i) => [`others.${i}`, one])),
    negative,
    region,
    cutout: isMaskPath(cutout) ? cutout : undefined,
  };
  return Object.entries(all).flatMap(([role, source]) => {
    if (source === undefined) return [];
    const what = sourceWords(role as SourceRole, source);
    return [{ source, name: `${name}: ${what}`, role: role as SourceRole }];
  });
}

/** Words for a picture of an instance, by whose reference the instance itself is named. */
export function sourceWords(role: SourceRole, source: string): string {
  if (role === "reference") return role;
  const other = /^others\.(\d+)$/.exec(role);
  if (other) return otherName(source, Number(other[1]));
  const what = role === "negative" ? "negative reference" : role;
  return `${what} ${quote(sourceName(source))}`;
}

/** A picture of a scene itself: the one that it begins on, its mask, a control's, or its style's. */
export interface OwnSource {
  readonly source: string;
  readonly name: string;
  /** Key in records: `init.image`, `init.mask`, `controls.0.image`. */
  readonly key: string;
}

/** The pictures of a scene beside those of its instances. */
export function ownSources(
  { init, controls = [], style }: Pick<
    SceneData,
    "init" | "controls" | "style"
  >,
): OwnSource[] {
  const named = (source: string) => quote(sourceName(source));
  return [
    ...(init === undefined ? [] : [{
      source: init.image,
      name: `Picture to begin on ${named(init.image)}`,
      key: "init.image",
    }]),
    ...(init?.mask === undefined ? [] : [{
      source: init.mask,
      name: `Mask ${named(init.mask)}`,
      key: "init.mask",
    }]),
    ...controls.map((one, i) => ({
      source: one.image,
      name: `${controlName(one, i)}: picture ${named(one.image)}`,
      key: `controls.${i}.image`,
    })),
    ...(style?.image === undefined ? [] : [{
      source: style.image,
      name: `Style ${named(style.image)}`,
      key: "style.image",
    }]),
  ];
}

/** Every picture that a scene refers to. */
export function sceneSources(
  scene: SceneData,
): { source: string; name: string }[] {
  return [...ownSources(scene), ...scene.instances.flatMap(instanceSources)];
}

/**
 * Checks all pictures of a scene against the limits before the first one is decoded: files first,
 * then the sizes that their heads state.
 *
 * @returns the number of pixels of all pictures.
 * @throws {LocRefError} naming the instance whose picture is missing, is no picture, or is too large;
 * `scene-invalid` if there are too many of them.
 */
export async function checkSources(
  scene: SceneData,
  options: Omit<ReadSourceOptions, "name"> = {},
): Promise<number> {
  const { sceneBytes, scenePixels, instances } = completeLimits(options.limits);
  if (scene.instances.length > instances) {
    throw new LocRefError(
      "scene-invalid",
      `The scene has ${
        counted(scene.instances.length, "instance")
      }, at most ${instances} ${
        instances === 1 ? "is" : "are"
      } allowed, unless limits.instances says otherwise`,
    );
  }
  const sources = sceneSources(scene);
  let bytes = 0;
  for (const { source, name } of sources) {
    bytes += await sourceSize(source, { ...options, name });
    if (bytes > sceneBytes) {
      throw tooMuch(name, byteCount(bytes), byteCount(sceneBytes));
    }
  }
  let pixels = 0;
  for (const { source, name } of sources) {
    const { stored } = await readHead(source, { ...options, name });
    pixels += stored.width * stored.height;
    if (pixels > scenePixels) {
      throw tooMuch(
        name,
        `${pixelCount(pixels)} pixels`,
        pixelCount(scenePixels),
      );
    }
  }
  return pixels;
}

function tooMuch(name: string, count: string, most: string): LocRefError {
  return new LocRefError(
    "image-invalid",
    `${name}: with it the scene's pictures have ${count}, at most ${most} are allowed`,
  );
}
