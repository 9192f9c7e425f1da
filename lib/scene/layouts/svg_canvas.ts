import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import { quote } from "../../core/quote.ts";
import { readLength } from "./svg_length.ts";
import type { Element } from "./xml.ts";

/** The coordinates of an SVG. */
export interface Canvas extends Size {
  readonly left: number;
  readonly top: number;
  readonly file: string;
}

export function canvasOf({ attributes }: Element, file: string): Canvas {
  const { viewBox } = attributes;
  const view = viewBox?.trim().split(/[\s,]+/).map(Number);
  if (view !== undefined) {
    const [left, top, width, height] = view as [number, number, number, number];
    const whole = view.length === 4 && view.every(Number.isFinite);
    if (whole && width > 0 && height > 0) {
      return { left, top, width, height, file };
    }
    throw new LocRefError(
      "file-invalid",
      `${file}: "viewBox" must hold left, top, a width and a height above 0, got ${
        quote(viewBox)
      }`,
    );
  }
  const side = (key: "width" | "height") => {
    const text = attributes[key];
    const place = `${file}: "${key}"`;
    const value = text === undefined || text.includes("%")
      ? 0
      : readLength(text, 0, place);
    if (value > 0) return value;
    throw new LocRefError(
      "file-invalid",
      `${file} needs a viewBox, or a width and a height above 0 that are no %`,
    );
  };
  const [width, height] = [side("width"), side("height")];
  return { left: 0, top: 0, width, height, file };
}
