import { hasTransparency } from "../cut_out.ts";
import type { Raster } from "../raster.ts";

/** Most colours of a picture of classes, with a palette and without. */
const mostWithPalette = 256, mostWithout = 32;

/**
 * A mask with the values that its maker meant.
 *
 * Values of 0 and 1 become none and all. Colours are classes, and each class belongs to the object.
 * Other masks stay unchanged. Segmentation tools save classes as small numbers or as colours of a
 * palette, whose lightness means nothing: PASCAL VOC's first class is a dark red.
 *
 * @returns the mask, and how many classes it has where they are more than one.
 */
export function meantMask(
  raster: Raster,
  { palette = false }: { palette?: boolean } = {},
): { raster: Raster; classes?: number } {
  if (hasTransparency(raster)) return { raster: spreadAlpha(raster) };
  const most = palette ? mostWithPalette : mostWithout;
  const colours = distinctColours(raster, most);
  if (colours === undefined) return { raster };
  const grey = [...colours].every(isGrey);
  if (grey) {
    const binary = colours.size === 2 && colours.has(0) &&
      colours.has(0x010101);
    return {
      raster: binary ? paint(raster, (colour) => colour !== 0) : raster,
    };
  }
  if (colours.size === 1) return { raster };
  const ground = colours.has(0)
    ? 0
    : colours.size === 2
    ? darkest(colours)
    : undefined;
  if (ground === undefined) return { raster };
  const classes = colours.size - 1;
  return {
    raster: paint(raster, (colour) => colour !== ground),
    ...(classes > 1 && { classes }),
  };
}

/** Alpha of 0 and 1 becomes 0 and 255. */
function spreadAlpha(raster: Raster): Raster {
  const { data } = raster;
  let most = 0;
  for (let i = 3; i < data.length; i += 4) most = Math.max(most, data[i]!);
  if (most !== 1) return raster;
  const spread = data.slice();
  for (let i = 3; i < data.length; i += 4) spread[i] = data[i]! * 255;
  return { ...raster, data: spread };
}

/** The colours of a picture as numbers 0xRRGGBB, or `undefined` if they are more than `most`. */
function distinctColours(
  { data }: Raster,
  most: number,
): ReadonlySet<number> | undefined {
  const colours = new Set<number>();
  for (let i = 0; i < data.length; i += 4) {
    colours.add(colourAt(data, i));
    if (colours.size > most) return undefined;
  }
  return colours;
}

function colourAt(data: Uint8Array, i: number): number {
  return data[i]! << 16 | data[i + 1]! << 8 | data[i + 2]!;
}

function isGrey(colour: number): boolean {
  const blue = colour & 255;
  return colour === blue * 0x010101;
}

function darkest(colours: ReadonlySet<number>): number {
  const lightness = (colour: number) =>
    0.2126 * (colour >> 16) + 0.7152 * (colour >> 8 & 255) +
    0.0722 * (colour & 255);
  return [...colours].reduce((a, b) => lightness(b) < lightness(a) ? b : a);
}

function paint(raster: Raster, isObject: (colour: number) => boolean): Raster {
  const data = new Uint8Array(raster.data.length).fill(255);
  for (let i = 0; i < data.length; i += 4) {
    if (!isObject(colourAt(raster.data, i))) data.fill(0, i, i + 3);
  }
  return { width: raster.width, height: raster.height, data };
}
