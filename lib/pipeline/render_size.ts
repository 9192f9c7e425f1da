import type { Size } from "../ops/ops.ts";
import type { SceneData } from "../scene/types.ts";
import type { LocRef } from "./locref.ts";

/**
 * Size in pixels at which `model` renders `scene`: as many pixels as it was trained on, in the
 * scene's aspect ratio, rounded to what the UNet halves without a rest; or `asked` itself.
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
  return {
    height: toGrid(native.height / root),
    width: toGrid(native.width * root),
  };
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
