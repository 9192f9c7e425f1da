/** Doubts about references, cut-outs and regions that are probably not as they were meant. */

import type { DecodedPicture } from "../../images/decode.ts";
import type { DecodedMask } from "../../images/masks/decode_mask.ts";
import type { Raster } from "../../images/raster.ts";
import { liesOnSide } from "../../images/turn.ts";
import type { SoftMask } from "../../images/masks/soft_mask.ts";
import type { Size } from "../../core/geometry.ts";

/** A mask whose greatest value is below this is as good as black. */
const faint = 0.25;
/** A cut-out that leaves less than this part of its reference leaves as good as nothing. */
const tiny = 0.005;
/** Aspect ratios that differ by less are the same shape. */
const sameShape = 0.02;

/**
 * A sentence about a file of several pictures, such as an animation, of which one is taken.
 *
 * @param name the beginning of the sentence.
 */
export function pagesWarning(name: string, pages = 1): string | undefined {
  if (pages <= 1) return undefined;
  return `${name} holds ${pages} pictures, and the first one is taken`;
}

/** A sentence about a reference that is nowhere visible. */
export function transparencyWarning(reference: Raster): string | undefined {
  const { most } = alphaOf(reference);
  if (most === 0) {
    return "reference is transparent everywhere, so nothing of it will be seen";
  }
  if (most >= faint) return undefined;
  return `reference is nowhere more than ${
    percent(most)
  } opaque, so it will hardly be seen`;
}

/** A sentence about a cut-out that leaves as good as nothing of its reference. */
export function cutWarning(whole: Raster, cut: Raster): string | undefined {
  const { most, sum } = alphaOf(cut);
  const left = sum / alphaOf(whole).sum;
  if (most === 0) {
    return "cutout leaves 0 % of the reference: it is black wherever the reference is visible";
  }
  if (most < faint) {
    return `cutout leaves ${
      percent(left)
    } of the reference: it is nowhere lighter than ${
      percent(most)
    }, and the object must be white`;
  }
  if (left >= tiny) return undefined;
  return `cutout leaves only ${percent(left)} of the reference`;
}

/** A sentence about a mask whose colours were read as classes. */
export function classWarning(
  what: string,
  { classes }: DecodedMask,
): string | undefined {
  if (classes === undefined) return undefined;
  return `${what} has ${classes} colours beside its background, and all of them count as the object`;
}

/** Sentences about a region that is black, or of another shape than the canvas. */
export function regionWarnings(
  region: SoftMask,
  canvas: Size | undefined,
): string[] {
  const most = region.data.reduce((a, b) => Math.max(a, b), 0);
  const warnings: string[] = [];
  if (most === 0) {
    warnings.push("region is black everywhere, so the instance acts nowhere");
  } else if (most < faint) {
    warnings.push(
      `region is nowhere lighter than ${
        percent(most)
      }, so the instance hardly acts: its place must be white`,
    );
  }
  if (canvas !== undefined && !isSameShape(region, canvas)) {
    warnings.push(
      `region is ${shape(region)}, another shape than the canvas of ${
        shape(canvas)
      }, so it is stretched`,
    );
  }
  return warnings;
}

/** How a mask meets its picture: the EXIF orientation to turn it by, and a doubt. */
export function fitMask(
  { raster, stored, orientation }: DecodedPicture,
  mask: DecodedMask,
): { turn: number; warning?: string } {
  const own = mask.orientation > 1;
  const onSide = liesOnSide(orientation);
  const upright = onSide
    ? { width: stored.height, height: stored.width }
    : stored;
  if (!isSameShape(mask.raster, upright)) {
    if (onSide && !own && isSameShape(mask.raster, stored)) {
      return { turn: orientation };
    }
    return {
      turn: 1,
      warning: `cutout is ${
        shape(mask.raster)
      }, another shape than its reference of ${
        shape(upright)
      }, so it is stretched`,
    };
  }
  if (orientation === 1 || own || !isSameShape(stored, raster)) {
    return { turn: 1 };
  }
  // the shape cannot say which way up the mask was drawn
  return {
    turn: 1,
    warning:
      `EXIF orientation ${orientation} turns the reference, and cutout is taken to be drawn on the turned picture`,
  };
}

/** Whether two sizes have the same aspect ratio, but for rounding to whole pixels. */
function isSameShape(a: Size, b: Size): boolean {
  const ratio = a.width * b.height / (a.height * b.width);
  if (Math.abs(Math.log(ratio)) <= sameShape) return true;
  const [small, large] = a.width * a.height < b.width * b.height
    ? [a, b]
    : [b, a];
  const { width, height } = large;
  return Math.abs(small.width - small.height * width / height) <= 1 ||
    Math.abs(small.height - small.width * height / width) <= 1;
}

function alphaOf({ data }: Raster): { most: number; sum: number } {
  let [most, sum] = [0, 0];
  for (let i = 3; i < data.length; i += 4) {
    most = Math.max(most, data[i]!);
    sum += data[i]!;
  }
  return { most: most / 255, sum };
}

function percent(part: number): string {
  const value = 100 * part;
  const digits = value >= 10 ? 0 : value >= 1 ? 1 : 2;
  return `${Number(value.toFixed(digits))} %`;
}

function shape({ width, height }: Size): string {
  return `${width} × ${height} pixels`;
}
