import type { Size } from "../../core/geometry.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { opaque } from "../../images/cut_out.ts";
import { decodeImage } from "../../images/decode.ts";
import { cannyEdges, softEdges } from "../../images/editing/edges.ts";
import type { PixelArea } from "../../images/editing/masked_area.ts";
import type { Raster } from "../../images/raster.ts";
import { sourceName } from "../../images/read_source.ts";
import { cropRaster, resizeRaster } from "../../images/resize.ts";
import type { ControlData } from "../../scene_data/control_data.ts";
import type { ReadStartOptions } from "../start/read_start.ts";

/** Sizes that the picture of a control must fit. */
export interface ControlPictureOptions extends ReadStartOptions {
  /** Size of the picture that is made, in pixels. */
  readonly size: Size;
  /** Size whose shape the control pictures have, before it is rounded to the model's grid. */
  readonly shape: Size;
  /** The part of the pictures that is made, where it is not the whole. */
  readonly area?: PixelArea;
}

/** Shapes that differ by less than this are the same but for rounding. */
const sameShape = 0.02;

/**
 * A control's picture as its network reads it: at the size of the picture that is made, or its edges
 * there.
 *
 * @param name the beginning of messages, such as `Control 1 ("pose.png")`.
 * @throws {LocRefError} `image-invalid` if it has another shape.
 */
export async function readControl(
  { image, edges }: ControlData,
  name: string,
  { folder, limits, access, size, shape, area }: ControlPictureOptions,
): Promise<Raster> {
  const called = `${name}: picture ${quote(sourceName(image))}`;
  const read = { folder, limits, access, name: called };
  const whole = opaque(await decodeImage(image, read));
  const part = area === undefined ? whole : cropRaster(whole, area);
  const stretch = part.width / part.height / (shape.width / shape.height);
  if (Math.abs(Math.log(stretch)) > sameShape) {
    throw new LocRefError(
      "image-invalid",
      `${name}: its picture has ${whole.width} × ${whole.height} pixels, another shape than the ${shape.width} × ${shape.height} of the picture that is made`,
    );
  }
  const raster = opaque(await resizeRaster(part, size));
  if (edges === "canny") return await cannyEdges(raster);
  return edges === "soft" ? await softEdges(raster) : raster;
}
