import type { Size } from "../ops/ops.ts";
import type { SceneData } from "../scene/types.ts";
import type { LocRef } from "./locref.ts";

/** Most pixels of a picture, as a multiple of those that the model was trained on. */
const mostArea = 2;

/**
 * Size in pixels at which `model` renders `scene`: as many pixels as it was trained on, in the
 * scene's aspect ratio, rounded to what the UNet halves without a rest; or `asked` itself.
 *
 * A scene that is too narrow for the grid is rendered less narrow, with at most twice the pixels.
 *
 * @throws {RangeError} if `asked` is not a multiple of the VAE factor.
 */
export function renderSize(
  model: Pick<LocRef, "nativeSize" | "latentFactor" | "parts">,
  scene: Pick<SceneData, "size">,
  asked?: Size,
): Size {
  const factor = model.latentFactor;
  if (asked) return checkSize(asked, factor);
  const native = model.nativeSize;
  if (scene.size === undefined) return native;
  const grid = factor *
    2 ** (model.parts.base.unet.config.block_out_channels.length - 1);
  const root = Math.sqrt(scene.size.width / scene.size.height);
  const toGrid = (value: number) =>
    Math.max(grid, Math.round(value / grid) * grid);
  const height = toGrid(native.height / root);
  const width = toGrid(native.width * root);
  const most = mostArea * native.height * native.width;
  const along = (other: number) =>
    Math.max(grid, toGrid(most / other - grid / 2));
  return height < width
    ? { height, width: Math.min(width, along(height)) }
    : { height: Math.min(height, along(width)), width };
}

function checkSize(size: Size, factor: number): Size {
  const { width, height } = size;
  const fits = (side: number) =>
    Number.isInteger(side) && side > 0 && side % factor === 0;
  if (fits(width) && fits(height)) return { width, height };
  throw new RangeError(
    `Size ${width} × ${height} cannot be rendered: both sides must be multiples of ${factor} pixels`,
  );
}
