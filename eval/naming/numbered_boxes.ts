/** Thin numbered boxes that hide nothing of what they hold. */

import type { FractionBox, Size } from "../../lib/core/geometry.ts";
import { drawText, textWidth } from "../../lib/images/drawing/lettering.ts";
import { instanceColour } from "../../lib/images/drawing/overlay.ts";

/** A rectangle in pixels. */
interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const fontSize = 15;
const plateHeight = 18;
/** Room between a box and its number. */
const gap = 2;

/** Boxes with their numbers, from 1, over a picture of `size` pixels, as an SVG fragment. */
export function drawNumberedBoxes(
  boxes: readonly FractionBox[],
  size: Size,
): string {
  const frames = boxes.map((box) => rectangleOf(box, size));
  const plates = placeNumbers(frames, size);
  return [
    ...frames.map((one, i) => drawFrame(one, instanceColour(i))),
    ...plates.map((one, i) => drawNumber(one, i)),
  ].join("");
}

/** The box in pixels, within the picture. */
function rectangleOf(box: FractionBox, { width, height }: Size): Rectangle {
  const inside = (value: number, most: number) =>
    Math.min(most - 1, Math.max(1, value));
  const x = inside(box.x0 * width - 1, width);
  const y = inside(box.y0 * height - 1, height);
  return {
    ...{ x, y },
    width: inside(box.x1 * width + 1, width) - x,
    height: inside(box.y1 * height + 1, height) - y,
  };
}

/** Places of numbers: beside their boxes, where they cover least of any box and of each other. */
function placeNumbers(
  frames: readonly Rectangle[],
  size: Size,
): Rectangle[] {
  const plates: Rectangle[] = [];
  for (const [i, frame] of frames.entries()) {
    const width = textWidth(`${i + 1}`, fontSize) + 10;
    const cost = (plate: Rectangle) =>
      frames.reduce((sum, one) => sum + shared(plate, one), 0) +
      4 * plates.reduce((sum, one) => sum + shared(plate, one), 0);
    const places = placesBeside(frame, width).filter((one) => fits(one, size));
    const least = Math.min(...places.map(cost));
    plates.push(places.find((one) => cost(one) === least)!);
  }
  return plates;
}

/** Around the box, and as the last resort in its corner. */
function placesBeside(frame: Rectangle, width: number): Rectangle[] {
  const { x, y } = frame;
  const right = x + frame.width, bottom = y + frame.height;
  const places = [
    [x, y - plateHeight - gap],
    [right - width, y - plateHeight - gap],
    [x, bottom + gap],
    [right - width, bottom + gap],
    [x - width - gap, y],
    [right + gap, y],
    [x - width - gap, bottom - plateHeight],
    [right + gap, bottom - plateHeight],
    [x, y],
  ] as const;
  return places.map(([x, y]) => ({ x, y, width, height: plateHeight }));
}

function fits({ x, y, width, height }: Rectangle, size: Size): boolean {
  return x >= 0 && y >= 0 && x + width <= size.width &&
    y + height <= size.height;
}

/** The area that two rectangles share. */
function shared(a: Rectangle, b: Rectangle): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, across) * Math.max(0, down);
}

function drawFrame(
  { x, y, width, height }: Rectangle,
  colour: string,
): string {
  const line = (stroke: string, thickness: number) =>
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="${stroke}" stroke-width="${thickness}"/>`;
  return line("#00000090", 2.5) + line(colour, 1.2);
}

function drawNumber({ x, y, width, height }: Rectangle, index: number): string {
  const plate =
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="2" fill="${
      instanceColour(index)
    }"/>`;
  return plate + drawText(`${index + 1}`, {
    x: x + 5,
    y: y + 14.25,
    size: fontSize,
    colour: "#14171a",
    bold: true,
  });
}
