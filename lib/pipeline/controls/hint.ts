import { LocRefError } from "../../core/error.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Control } from "../../adapters/controls/open_control.ts";
import type { PaintMask } from "../../images/editing/paint_mask.ts";
import { planesFromRaster, type Raster } from "../../images/raster.ts";

/**
 * A control's picture as its network reads it, `[1, channels, height, width]` in 0..1; −1 where an
 * inpaint ControlNet's picture is painted.
 *
 * @param name the beginning of messages.
 */
export function hintOf(
  control: Control,
  picture: Raster,
  { name, masked }: { name: string; masked?: PaintMask },
): Tensor {
  const { width, height } = picture;
  const cells = width * height;
  const planes = planesFromRaster(picture);
  masked?.data.forEach((painted, i) => {
    if (painted === 1) {
      for (let c = 0; c < 3; c++) planes[c * cells + i] = -1;
    }
  });
  const channels = control.kind === "controlnet"
    ? control.config.conditioning_channels
    : control.config.in_channels;
  const order = channelOrder(control, channels);
  if (order === undefined) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `${name}: the network reads ${channels} channels, and pictures have 3`,
    );
  }
  const data = new Float32Array(channels * cells);
  for (const [i, weights] of order.entries()) {
    for (const [from, weight] of weights) {
      for (let cell = 0; cell < cells; cell++) {
        data[i * cells + cell]! += weight * planes[from * cells + cell]!;
      }
    }
  }
  return tensor([1, channels, height, width], data);
}

/** Weights of ITU-R BT.601, by which pictures become grey. */
const grey = [[0, 0.299], [1, 0.587], [2, 0.114]] as const;

/** The channels of the picture that each channel of the hint is made of, with their weights. */
function channelOrder(
  control: Control,
  channels: number,
): (readonly (readonly [number, number])[])[] | undefined {
  if (channels === 1) return [grey];
  if (channels !== 3) return undefined;
  const bgr = control.kind === "controlnet" &&
    control.config.controlnet_conditioning_channel_order === "bgr";
  return (bgr ? [2, 1, 0] : [0, 1, 2]).map((from) => [[from, 1]]);
}
