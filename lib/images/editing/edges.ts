import { sharpFromRaster } from "../load_sharp.ts";
import { type Raster, rasterFromMask } from "../raster.ts";

/** Options of {@linkcode cannyEdges}. */
export interface CannyOptions {
  /** Gradients below this are no edges, 0 to 255. @default {100} */
  readonly low?: number;
  /** Gradients above this begin an edge, 0 to 255. @default {200} */
  readonly high?: number;
  /** Standard deviation of the blur before, in pixels; 0 for none. @default {0} */
  readonly blur?: number;
}

/** A picture's grey levels, 0 to 255, and their gradient. */
interface Gradient {
  readonly width: number;
  readonly height: number;
  readonly dx: Float32Array;
  readonly dy: Float32Array;
  /** |dx| + |dy|. */
  readonly size: Float32Array;
}

/**
 * Edges of a picture, white on black (Canny 1986), as ControlNets for canny read them: gradients of
 * Sobel, thinned across their direction, followed from strong ones through weak ones.
 */
export async function cannyEdges(
  raster: Raster,
  { low = 100, high = 200, blur = 0 }: CannyOptions = {},
): Promise<Raster> {
  const gradient = sobel(await greyLevels(raster, blur));
  const thin = thinned(gradient);
  const edges = followed(thin, gradient, { low, high });
  return rasterFromMask(edges, raster.width, raster.height);
}

/** The strength of a picture's edges, soft, white on black: the gradients of Sobel. */
export async function softEdges(
  raster: Raster,
  { blur = 1 }: Pick<CannyOptions, "blur"> = {},
): Promise<Raster> {
  const { size, width, height } = sobel(await greyLevels(raster, blur));
  const strength = size.map((value) => Math.min(1, value / 510));
  return rasterFromMask(strength, width, height);
}

async function greyLevels(
  raster: Raster,
  blur: number,
): Promise<Pick<Raster, "width" | "height"> & { data: Uint8Array }> {
  let image = (await sharpFromRaster(raster))
    .flatten({ background: { r: 0, g: 0, b: 0 } })
    .greyscale();
  if (blur > 0) image = image.blur(Math.max(0.3, blur));
  const { data, info } = await image.toColourspace("b-w").raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = data[i * channels]!;
  return { width, height, data: grey };
}

/** Beyond the picture its edge goes on. */
function sobel(
  { width, height, data }: { width: number; height: number; data: Uint8Array },
): Gradient {
  const at = (row: number, column: number) =>
    data[
      Math.min(height - 1, Math.max(0, row)) * width +
      Math.min(width - 1, Math.max(0, column))
    ]!;
  const dx = new Float32Array(width * height);
  const dy = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = (c: number) => at(y - 1, c) + 2 * at(y, c) + at(y + 1, c);
      const row = (r: number) => at(r, x - 1) + 2 * at(r, x) + at(r, x + 1);
      dx[y * width + x] = column(x + 1) - column(x - 1);
      dy[y * width + x] = row(y + 1) - row(y - 1);
    }
  }
  const size = dx.map((value, i) => Math.abs(value) + Math.abs(dy[i]!));
  return { width, height, dx, dy, size };
}

/** Tangents of 22.5° and 67.5°. */
const flat = Math.tan(Math.PI / 8), steep = Math.tan(3 * Math.PI / 8);

/** Gradients that are the greatest across their direction; others are 0. */
function thinned({ width, height, dx, dy, size }: Gradient): Float32Array {
  const thin = new Float32Array(size.length);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const slope = Math.abs(dy[i]! / dx[i]!);
      const diagonal = dx[i]! * dy[i]! > 0 ? width + 1 : width - 1;
      const step = slope < flat ? 1 : slope > steep ? width : diagonal;
      if (size[i]! > size[i - step]! && size[i]! >= size[i + step]!) {
        thin[i] = size[i]!;
      }
    }
  }
  return thin;
}

/** Strong pixels, and the weak ones that touch them, however long the way. */
function followed(
  thin: Float32Array,
  { width }: Gradient,
  { low, high }: Required<Pick<CannyOptions, "low" | "high">>,
): Float32Array {
  const edges = new Float32Array(thin.length);
  const open = [...thin.keys()].filter((i) => thin[i]! > high);
  for (const i of open) edges[i] = 1;
  const around = [
    -width - 1,
    -width,
    -width + 1,
    -1,
    1,
    width - 1,
    width,
    width + 1,
  ];
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    for (const step of around) {
      const next = i + step;
      if (edges[next] !== 0 || !(thin[next]! > low)) continue;
      edges[next] = 1;
      open.push(next);
    }
  }
  return edges;
}
