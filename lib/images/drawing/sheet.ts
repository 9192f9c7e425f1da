/** Sheets of titled pictures side by side. */

import type { Size } from "../../core/geometry.ts";
import { drawOver } from "../composite.ts";
import { breakLines, drawText, fitText } from "./lettering.ts";
import { blankRaster, type Raster } from "../raster.ts";
import { resizeRaster } from "../resize.ts";
import { rasterFromSvg, svgDocument } from "./svg.ts";

/** One picture of a sheet. */
export interface Panel {
  /** One line above the picture. */
  readonly title: string;
  readonly raster: Raster;
  /** Overlay on the picture, as an SVG fragment for the size that the panel is shown at. */
  readonly overlay?: (size: Size) => string;
  /** Whether pixels stay squares when they are shown larger, as masks should. @default {false} */
  readonly pixelated?: boolean;
}

/** Options of {@linkcode drawSheet}. */
export interface SheetOptions {
  /** Height of every picture on the sheet, in pixels. @default {256} */
  readonly panelHeight?: number;
  /** One line above everything. */
  readonly heading?: string;
  /** Lines below the pictures, broken where they are too long. */
  readonly notes?: readonly string[];
}

const margin = 24;
const gutter = 20;
const titleHeight = 26;
const headingHeight = 36;
const noteHeight = 20;
const noteSize = 13;

/** Most width of a picture on a sheet, as a multiple of a row's height. */
const widest = 6;

interface PlacedPanel extends Panel {
  readonly x: number;
  readonly y: number;
  readonly shown: Size;
}

/** Rows of pictures on a light ground, with titles above and notes below. */
export async function drawSheet(
  rows: readonly (readonly Panel[])[],
  options: SheetOptions = {},
): Promise<Raster> {
  const { heading, notes = [] } = options;
  const top = margin + (heading === undefined ? 0 : headingHeight);
  const { panels, width, bottom } = arrange(rows, top, options);
  const lines = notes.flatMap((note) =>
    breakLines(note, noteSize, width - 2 * margin)
  );
  const notesTop = bottom + (lines.length > 0 ? 10 : 0);
  const height = notesTop + lines.length * noteHeight + margin - gutter / 2;
  const sheet = blankRaster(width, Math.ceil(height), [250, 250, 248, 255]);
  for (const panel of panels) {
    const { raster, shown, x, y, pixelated } = panel;
    const filter = pixelated ? "nearest" : "bicubic";
    drawOver(sheet, await resizeRaster(raster, shown, { filter }), x, y);
  }
  const marks = [
    heading === undefined
      ? ""
      : drawText(fitText(heading, 19, width - 2 * margin), {
        x: margin,
        y: margin + 14,
        size: 19,
        bold: true,
      }),
    ...panels.map(drawMarks),
    ...lines.map((line, i) =>
      drawText(line, {
        x: margin,
        y: notesTop + (i + 0.7) * noteHeight,
        size: noteSize,
        colour: "#5a4a00",
      })
    ),
  ];
  const svg = svgDocument(sheet.width, sheet.height, marks.join(""));
  drawOver(sheet, await rasterFromSvg(svg), 0, 0);
  return sheet;
}

function arrange(
  rows: readonly (readonly Panel[])[],
  top: number,
  options: SheetOptions,
): { panels: PlacedPanel[]; width: number; bottom: number } {
  const { panelHeight = 256 } = options;
  const panels: PlacedPanel[] = [];
  let right = 0;
  let y = top;
  for (const row of rows) {
    let x = margin;
    for (const panel of row) {
      const shown = shownSize(panel.raster, panelHeight);
      panels.push({ ...panel, x, y: y + titleHeight, shown });
      x += shown.width + gutter;
    }
    right = Math.max(right, x - gutter);
    y += titleHeight + panelHeight + gutter;
  }
  return { panels, width: right + margin, bottom: y - gutter / 2 };
}

/** As high as the row, but for a picture that would be wider than {@linkcode widest} rows are high. */
function shownSize({ width, height }: Raster, panelHeight: number): Size {
  const scale = panelHeight * Math.min(1 / height, widest / width);
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

function drawMarks({ title, overlay, shown, x, y }: PlacedPanel): string {
  const edge = `<rect x="${x - 0.5}" y="${y - 0.5}" width="${
    shown.width + 1
  }" height="${shown.height + 1}" fill="none" stroke="#00000030"/>`;
  const over = overlay === undefined
    ? ""
    : `<svg x="${x}" y="${y}" width="${shown.width}" height="${shown.height}">${
      overlay(shown)
    }</svg>`;
  const words = fitText(title, 14, shown.width + gutter / 2);
  return drawText(words, { x, y: y - 9, size: 14 }) + edge + over;
}
