import type { Size } from "../../core/geometry.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { opaque } from "../../images/cut_out.ts";
import { decodePicture } from "../../images/decode.ts";
import { cannyEdges, softEdges } from "../../images/editing/edges.ts";
import type { PixelArea } from "../../images/editing/masked_area.ts";
import type { Raster } from "../../images/raster.ts";
import { sourceName } from "../../images/read_source.ts";
import { cropRaster, resizeRaster } from "../../images/resize.ts";
import type { ControlData } from "../../scene_data/control_data.ts";
import { pagesWarning } from "../prepare/mask_warnings.ts";
import { stretchWarning } from "../prepare/render_size.ts";
import type { ReadStartOptions } from "../start/read_start.ts";

/** Sizes that the picture of a control must fit. */
export interface ControlPictureOptions extends ReadStartOptions {
  /** Size of the picture that is made, in pixels. */
  readonly size: Size;
  /** The scene's own size, whose shape a control picture may have, too. */
  readonly shape: Size;
  /** The part of a photograph that is made, where it is not the whole. */
  readonly part?: ControlPart;
}

/** A part of a photograph, whose shape control pictures have. */
export interface ControlPart {
  readonly area: PixelArea;
  /** Size of the whole photograph. */
  readonly photo: Size;
}

/** Shapes that differ by less than this are the same but for rounding. */
const sameShape = 0.02;

/** A control's picture as its network reads it. */
export interface ControlPicture {
  /** Its pixels, or its edges. */
  readonly raster: Raster;
  /** Doubts about it, one sentence each. */
  readonly warnings: readonly string[];
}

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
  options: ControlPictureOptions,
): Promise<ControlPicture> {
  const { folder, limits, access, size, part } = options;
  const called = `${name}: picture ${quote(sourceName(image))}`;
  const read = { folder, limits, access, name: called };
  const { raster: given, pages } = await decodePicture(image, read);
  const whole = opaque(given);
  checkShape(whole, name, options);
  const seen = part === undefined ? whole : await cutOut(whole, part);
  const raster = opaque(await resizeRaster(seen, size));
  const warnings = [
    pagesWarning(called, pages),
    stretchWarning(seen, size, {
      ...{ what: called, verb: "read", so: "it", tolerance: sameShape },
    }),
  ].filter((one) => one !== undefined);
  return { raster: await edgesOf(raster, edges), warnings };
}

async function edgesOf(
  raster: Raster,
  edges: ControlData["edges"],
): Promise<Raster> {
  if (edges === "canny") return await cannyEdges(raster);
  return edges === "soft" ? await softEdges(raster) : raster;
}

/** A control picture lies over the whole photograph, whatever its own size. */
async function cutOut(
  whole: Raster,
  { area, photo }: ControlPart,
): Promise<Raster> {
  const larger = whole.width >= photo.width && whole.height >= photo.height;
  const over = larger ? whole : await resizeRaster(whole, photo);
  const across = over.width / photo.width, down = over.height / photo.height;
  return cropRaster(over, {
    x: Math.round(area.x * across),
    y: Math.round(area.y * down),
    width: Math.round(area.width * across),
    height: Math.round(area.height * down),
  });
}

function checkShape(
  { width, height }: Size,
  name: string,
  { size, shape, part }: ControlPictureOptions,
): void {
  const allowed = part === undefined ? [size, shape] : [part.photo];
  const fits = allowed.some((one) =>
    Math.abs(Math.log(width / height * one.height / one.width)) < sameShape
  );
  if (fits) return;
  const shown = allowed.map((one) => `${one.width} × ${one.height}`);
  const others = part === undefined
    ? `${shown[0]} of the picture that is made${
      isSame(size, shape) ? "" : ` and the ${shown[1]} of the scene`
    }`
    : `${shown[0]} of the photograph`;
  throw new LocRefError(
    "image-invalid",
    `${name}: its picture has ${width} × ${height} pixels, another shape than the ${others}`,
  );
}

function isSame(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}
