import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import { decodePicture } from "../../images/decode.ts";
import { decodeMask } from "../../images/masks/decode_mask.ts";
import type { ImageLimits } from "../../images/image_limits.ts";
import {
  isTransparent,
  paintAround,
  type PaintMask,
  paintMask,
} from "../../images/editing/paint_mask.ts";
import type { Raster } from "../../images/raster.ts";
import { type SourceAccess, sourceName } from "../../images/read_source.ts";
import { type InitData, isInpainting } from "../../scene_data/init_data.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";

/** The picture that a scene begins on, read. */
export interface ReadStart {
  readonly init: InitData;
  readonly photo: Raster;
  /** Pictures in its file, of which the first is taken. @default {1} */
  readonly pages?: number;
  /** Pixels of the photograph that are painted anew; absent: all. */
  readonly mask?: PaintMask;
  /** Whether the mask's picture is transparent in parts. @default {false} */
  readonly transparent?: boolean;
  /** Pictures in the mask's file, of which the first is taken. @default {1} */
  readonly maskPages?: number;
}

/** Where a scene's pictures are read from. */
export interface ReadStartOptions {
  readonly folder?: string;
  readonly limits?: ImageLimits;
  readonly access?: SourceAccess;
}

/** Width of the blend between painted and kept where nobody says one: a 64th of the shorter side. */
export function usualFeather({ width, height }: Size): number {
  return Math.max(1, Math.round(Math.min(width, height) / 64));
}

/** Shapes that differ by less than this are the same but for rounding. */
const sameShape = 0.02;

/**
 * Reads the picture that a scene begins on, and its mask.
 *
 * @throws {LocRefError} if one is missing or no picture, sizes differ, or the mask is empty or full.
 */
export async function readStart(
  scene: SceneData,
  options: ReadStartOptions = {},
): Promise<ReadStart | undefined> {
  const { init } = scene;
  if (init === undefined) return undefined;
  const name = startName(init);
  const decoded = await decodePicture(init.image, { ...options, name });
  const { raster: photo, pages } = decoded;
  checkShape(photo, scene.size, name);
  if (!isInpainting(init)) return { init, photo, pages };
  return { init, photo, pages, ...await readMask(scene, init, photo, options) };
}

/** How messages call a mask of painting. */
export function maskName(mask: string): string {
  return `Mask "${sourceName(mask)}"`;
}

/** How messages call a picture to begin on. */
export function startName({ image }: Pick<InitData, "image">): string {
  return `Picture to begin on "${sourceName(image)}"`;
}

async function readMask(
  scene: SceneData,
  init: InitData,
  photo: Raster,
  options: ReadStartOptions,
): Promise<Pick<ReadStart, "mask" | "transparent" | "maskPages">> {
  const boxes = [
    ...init.boxes ?? [],
    ...init.instances ? scene.instances.map(({ box }) => box) : [],
  ];
  // the blend lies around boxes, whose whole inside is painted
  const boxed = paintAround(boxes, photo, {
    feather: init.feather ?? usualFeather(photo),
    freed: init.freed,
    others: scene.instances.map(({ box }) => box),
  });
  if (init.mask === undefined) {
    if (boxed.data.includes(1)) return { mask: boxed };
    throw new LocRefError(
      "scene-invalid",
      "The scene has no instance whose box could be painted into its picture",
    );
  }
  const name = maskName(init.mask);
  const { raster, pages: maskPages } = await decodeMask(init.mask, {
    ...{ ...options, name },
  });
  if (raster.width !== photo.width || raster.height !== photo.height) {
    throw new LocRefError(
      "image-invalid",
      `${name} has ${raster.width} × ${raster.height} pixels, and the picture that it belongs to ${photo.width} × ${photo.height}: they must be equal`,
    );
  }
  const mask = paintMask(raster, name);
  const data = mask.data.map((one, i) => one | boxed.data[i]!);
  return {
    mask: { ...mask, data },
    ...{ transparent: isTransparent(raster), maskPages },
  };
}

/** A scene of another shape than its picture would be stretched. */
function checkShape(photo: Raster, size: Size | undefined, name: string) {
  if (size === undefined) return;
  const shape = photo.width / photo.height;
  const wanted = size.width / size.height;
  if (Math.abs(Math.log(shape / wanted)) < sameShape) return;
  throw new LocRefError(
    "image-invalid",
    `${name} has ${photo.width} × ${photo.height} pixels, and the scene is ${size.width} × ${size.height}: they must have one shape, or leave the scene's size out`,
  );
}
