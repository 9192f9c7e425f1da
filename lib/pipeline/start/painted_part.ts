import type { FractionBox, Size } from "../../core/geometry.ts";
import {
  cropMask,
  maskedArea,
  type PixelArea,
  resizeMask,
} from "../../images/editing/masked_area.ts";
import { pasteBack } from "../../images/editing/paste_back.ts";
import type { PaintMask } from "../../images/editing/paint_mask.ts";
import { drawOver } from "../../images/composite.ts";
import { opaque } from "../../images/cut_out.ts";
import type { Raster } from "../../images/raster.ts";
import { cropRaster, resizeRaster } from "../../images/resize.ts";
import type { ControlData } from "../../scene_data/control_data.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { type ReadStart, usualFeather } from "./read_start.ts";

/** The part of a photograph that the model sees, at the size at which it paints. */
export interface PaintedPart {
  /** Where it lies in the photograph. */
  readonly area: PixelArea;
  readonly picture: Raster;
  readonly mask?: PaintMask;
  /** The photograph with the painted part in its place, every kept pixel as it was. */
  finish(painted: Raster): Promise<Raster>;
}

/** The whole photograph, or the masked part alone where the scene says so. */
export function paintedArea(
  { init, photo, mask }: ReadStart,
  render: Size,
): PixelArea {
  const whole = { x: 0, y: 0, width: photo.width, height: photo.height };
  if (mask === undefined || init.padding === undefined) return whole;
  return maskedArea(mask, { padding: init.padding, render });
}

/** Cuts the part out of the photograph and brings it to the size at which it is painted. */
export async function paintedPart(
  start: ReadStart,
  area: PixelArea,
  size: Size,
): Promise<PaintedPart> {
  const { init, mask } = start;
  const photo = opaque(start.photo);
  const cut = cropRaster(photo, area);
  const picture = opaque(await resizeRaster(cut, size));
  if (mask === undefined) {
    return { area, picture, finish: (painted) => Promise.resolve(painted) };
  }
  const feather = init.feather ?? usualFeather(photo);
  return {
    area,
    picture,
    mask: resizeMask(cropMask(mask, area), size),
    async finish(painted) {
      const whole: Raster = { ...photo, data: photo.data.slice() };
      drawOver(whole, await resizeRaster(painted, area), area.x, area.y);
      const kept: Raster = start.photo;
      return pasteBack(kept, whole, { mask, feather });
    },
  };
}

/**
 * A scene inside a part of its picture: boxes in the part's own fractions, cut at its edges, and
 * without the instances that lie outside.
 *
 * @returns the scene, and which instances and controls of the whole it has.
 */
export function sceneInside(
  scene: SceneData,
  area: PixelArea,
  photo: Size,
): { scene: SceneData; kept: readonly number[]; controls: readonly number[] } {
  const inside = (box: FractionBox): FractionBox => ({
    x0: part(box.x0, photo.width, area.x, area.width),
    x1: part(box.x1, photo.width, area.x, area.width),
    y0: part(box.y0, photo.height, area.y, area.height),
    y1: part(box.y1, photo.height, area.y, area.height),
  });
  const boxes = scene.instances.map(({ box }) => inside(box));
  const kept = [...boxes.keys()].filter((i) => {
    const { x0, y0, x1, y1 } = boxes[i]!;
    return x1 > x0 && y1 > y0;
  });
  const all = scene.controls ?? [];
  const controls = [...all.keys()].filter((i) => {
    const { instance } = all[i]!;
    return instance === undefined || kept.includes(instance);
  });
  return {
    scene: {
      ...scene,
      ...(scene.controls && {
        controls: controls.map((i) => inPart(all[i]!, kept)),
      }),
      instances: kept.map((i) => ({ ...scene.instances[i]!, box: boxes[i]! })),
    },
    kept,
    controls,
  };
}

/** A control with the number that its instance has in the part. */
function inPart(control: ControlData, kept: readonly number[]): ControlData {
  const { instance } = control;
  return instance === undefined
    ? control
    : { ...control, instance: kept.indexOf(instance) };
}

function part(at: number, whole: number, from: number, length: number): number {
  return Math.min(1, Math.max(0, (at * whole - from) / length));
}
