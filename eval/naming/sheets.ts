/** Sheets for readers: numbered scenes, and the references of their objects. */

import type { FractionBox, Size } from "../../lib/core/geometry.ts";
import { drawOver } from "../../lib/images/composite.ts";
import { drawSheet, type Panel } from "../../lib/images/drawing/sheet.ts";
import { lanczosRaster } from "../../lib/images/lanczos.ts";
import { blankRaster, type Raster } from "../../lib/images/raster.ts";
import { drawNumberedBoxes } from "./numbered_boxes.ts";

/** Height that pictures are shown at, and the side of a reference's tile, in pixels. */
const shownHeight = 384, tileSide = 176;

/** Width beyond which a row of pictures is broken, in pixels. */
const widestRow = 1650;

/** References in a row. */
const tilesOfRow = 8;

/** A scene of a sheet. */
export interface SheetScene {
  readonly scene: number;
  readonly picture: Raster;
  readonly boxes: readonly FractionBox[];
}

/** A reference of a sheet. */
export interface SheetReference {
  /** Such as `R3`. */
  readonly title: string;
  readonly raster: Raster;
}

/** Scenes in numbered boxes, each in its own shape. */
export async function drawSceneSheet(
  scenes: readonly SheetScene[],
): Promise<Raster> {
  const panels = scenes.map(({ scene, picture, boxes }): Panel => ({
    title: `scene ${scene}`,
    raster: lanczosRaster(picture, sizeAt(picture, shownHeight)),
    overlay: (size) => drawNumberedBoxes(boxes, size),
  }));
  return await drawSheet(broken(panels), { panelHeight: shownHeight });
}

/** Numbered references on grey, whole. */
export async function drawReferenceSheet(
  references: readonly SheetReference[],
): Promise<Raster> {
  const panels = references.map(({ title, raster }): Panel => ({
    title,
    raster: tile(raster),
  }));
  const rows: Panel[][] = [];
  for (let i = 0; i < panels.length; i += tilesOfRow) {
    rows.push(panels.slice(i, i + tilesOfRow));
  }
  return await drawSheet(rows, { panelHeight: tileSide });
}

/** Panels in rows, a new one where a row would be too wide. */
function broken(panels: readonly Panel[]): Panel[][] {
  const rows: Panel[][] = [];
  let width = Infinity;
  for (const panel of panels) {
    width += panel.raster.width;
    if (width > widestRow) {
      rows.push([]);
      width = panel.raster.width;
    }
    rows.at(-1)!.push(panel);
  }
  return rows;
}

/** The reference at the middle of a square of grey. */
function tile(raster: Raster): Raster {
  const grey = [190, 190, 190, 255] as const;
  const flat = blankRaster(raster.width, raster.height, grey);
  drawOver(flat, raster, 0, 0);
  const scale = tileSide / Math.max(raster.width, raster.height);
  const shown = lanczosRaster(flat, sizeAt(flat, scale * raster.height));
  const square = blankRaster(tileSide, tileSide, grey);
  const middle = (side: number) => Math.floor((tileSide - side) / 2);
  drawOver(square, shown, middle(shown.width), middle(shown.height));
  return square;
}

/** The size of a picture that is shown `height` pixels high. */
function sizeAt(picture: Size, height: number): Size {
  return {
    width: Math.max(1, Math.round(picture.width * height / picture.height)),
    height: Math.max(1, Math.round(height)),
  };
}
