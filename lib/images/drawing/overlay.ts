/** Overlays for pictures: boxes with their labels, as SVG fragments. */

import type { FractionBox, Size } from "../../core/geometry.ts";
import { drawText, fitText, textWidth } from "./lettering.ts";

/** Colours that stay apart for every kind of colour vision (Okabe and Ito 2008), lightened a little. */
const palette = [
  "#ffb000",
  "#4cb5f5",
  "#12b886",
  "#ff6b35",
  "#e07bb5",
  "#f5e050",
  "#6c7bf0",
] as const;

/** The colour of the instance with this index, as `#rrggbb`. */
export function instanceColour(index: number): string {
  return palette[index % palette.length]!;
}

/** Red, green and blue of `#rrggbb`, each 0 to 1. */
export function colourParts(colour: string): [number, number, number] {
  const value = parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255].map((part) =>
    part / 255
  ) as [number, number, number];
}

/** A box to be drawn. */
export interface LabelledBox {
  readonly box: FractionBox;
  /** Words in the box's upper left corner; none where empty. */
  readonly label: string;
  /** `#rrggbb`. */
  readonly colour: string;
}

/** Boxes with labels over a picture of `size` pixels, as an SVG fragment. */
export function drawBoxes(boxes: readonly LabelledBox[], size: Size): string {
  const frames = boxes.map((one) => drawFrame(one, size));
  const labels = boxes.map((one) => drawLabel(one, size));
  return [...frames, ...labels].join("");
}

function drawFrame({ box, colour }: LabelledBox, size: Size): string {
  const inset = 1.5;
  const x = box.x0 * size.width + inset;
  const y = box.y0 * size.height + inset;
  const width = Math.max(1, (box.x1 - box.x0) * size.width - 2 * inset);
  const height = Math.max(1, (box.y1 - box.y0) * size.height - 2 * inset);
  const frame = (stroke: string, thickness: number) =>
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3" fill="none" stroke="${stroke}" stroke-width="${thickness}"/>`;
  return frame("#000000a0", 4.5) + frame(colour, 2.5);
}

function drawLabel({ box, label, colour }: LabelledBox, size: Size): string {
  if (label === "") return "";
  const font = 13;
  const words = fitText(label, font, size.width - 12);
  const width = textWidth(words, font) + 12;
  const height = 19;
  const x = Math.max(0, Math.min(box.x0 * size.width, size.width - width));
  const y = Math.min(box.y0 * size.height, size.height - height);
  const plate =
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3" fill="${colour}"/>`;
  const text = drawText(words, {
    x: x + 6,
    y: y + 14,
    size: font,
    colour: "#14171a",
    bold: true,
  });
  return plate + text;
}
