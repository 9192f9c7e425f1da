import type { Size } from "../lib/core/geometry.ts";
import { drawBoxes } from "../lib/images/drawing/overlay.ts";
import { drawSheet, type Panel } from "../lib/images/drawing/sheet.ts";
import type { Raster } from "../lib/images/raster.ts";
import { enlargeRaster } from "../lib/images/resize.ts";
import type { Picture } from "../lib/pipeline/picture.ts";
import type { Scene } from "../lib/scene/scene.ts";
import {
  labelledBoxes,
  type Preview,
  referencesPanel,
} from "../lib/scene/preview/preview.ts";
import { maskPanel } from "../lib/scene/preview/mask_level.ts";
import type { Variation } from "./demo_scene.ts";

/** Least side of a picture on the screen, in pixels. */
const leastSide = 256;

/** The whole factor by which a small model's picture is enlarged for a screen. */
export function enlargement({ width, height }: Size): number {
  return Math.max(1, Math.ceil(leastSide / Math.min(width, height)));
}

/** The pictures that the demo's sheet shows. */
export interface DemoPictures {
  readonly preview: Preview;
  readonly picture: Picture;
  /** Pictures of scenes that differ in one thing; none where they were not made. */
  readonly variations: readonly (Variation & { readonly picture: Picture })[];
}

/** References, composite image, masks and result; below it the same noise with one thing changed. */
export async function drawDemoSheet(
  demo: Scene,
  { preview, picture, variations }: DemoPictures,
): Promise<Raster> {
  const data = demo.toJSON();
  const boxes = labelledBoxes(data);
  const result = await enlarged(picture);
  const first: Panel[] = [
    ...await referencesPanel(preview.pictures),
    {
      title: "composite image",
      raster: preview.composite,
      overlay: (size) => drawBoxes(boxes, size),
    },
    maskPanel(preview.masks[0]!),
    {
      title: "result, boxes drawn",
      raster: result,
      overlay: (size) => drawBoxes(boxes.map(unlabelled), size),
    },
  ];
  const second: Panel[] = [
    { title: "result", raster: result },
    ...await Promise.all(variations.map(variationPanel)),
  ];
  return await drawSheet([first, second], {
    heading: data.caption,
    notes: [pixelsNote(picture), ...variations.length > 0 ? [rowNote] : []],
  });
}

const rowNote =
  "Second row: the same noise, and one thing changed, named above each picture.";

function pixelsNote(picture: Picture): string {
  const { width, height } = picture;
  const factor = enlargement(picture);
  const size = `The model's pictures have ${width} × ${height} pixels`;
  return factor === 1
    ? `${size}.`
    : `${size}, shown ${factor} times as large (Lanczos filter).`;
}

async function variationPanel(
  { title, scene, changed, picture }: DemoPictures["variations"][number],
): Promise<Panel> {
  const raster = await enlarged(picture);
  if (changed === undefined) return { title, raster };
  const marked = unlabelled(labelledBoxes(scene.toJSON())[changed]!);
  return { title, raster, overlay: (size) => drawBoxes([marked], size) };
}

async function enlarged(picture: Picture): Promise<Raster> {
  return await enlargeRaster(picture, enlargement(picture), "lanczos");
}

function unlabelled<T>(one: T): T & { label: string } {
  return { ...one, label: "" };
}
