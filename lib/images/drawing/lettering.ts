/** Lines of text, drawn with glyphs of strokes. */

import { glyph } from "./glyphs.ts";

/** Room between letters, in units of the grid. */
const gap = 2.25;

/** Width of a text in pixels at a font size. */
export function textWidth(text: string, size: number): number {
  const characters = [...text];
  const units = characters.reduce((sum, one) => sum + glyph(one)[0] + gap, 0);
  return Math.max(0, units - gap) * size * 0.07;
}

/** Options of {@linkcode drawText}. */
export interface DrawTextOptions {
  /** Left end, in pixels. */
  readonly x: number;
  /** Baseline, in pixels. */
  readonly y: number;
  /** Font size, in pixels; capitals are 0.7 of it high. @default {14} */
  readonly size?: number;
  /** @default {"#1b1f24"} */
  readonly colour?: string;
  /** Whether strokes are thicker. @default {false} */
  readonly bold?: boolean;
}

/** A line of text as an SVG fragment that needs no font. */
export function drawText(text: string, options: DrawTextOptions): string {
  const { x, y, size = 14, colour = "#1b1f24", bold = false } = options;
  const scale = size * 0.07;
  let left = 0;
  const paths: string[] = [];
  for (const character of text) {
    const [width, path] = glyph(character);
    if (path !== "") {
      paths.push(`<path transform="translate(${round(left)})" d="${path}"/>`);
    }
    left += width + gap;
  }
  return `<g transform="translate(${round(x)} ${round(y - 10 * scale)}) scale(${
    round(scale)
  })" fill="none" stroke="${colour}" stroke-width="${
    bold ? 1.75 : 1.15
  }" stroke-linecap="round" stroke-linejoin="round">${paths.join("")}</g>`;
}

/** The text, or as much of its beginning as `width` pixels hold, with `…` after it. */
export function fitText(text: string, size: number, width: number): string {
  if (beginning(text, size, width) === text) return text;
  const room = width - textWidth("…", size) - gap * size * 0.07;
  const kept = beginning(text, size, room) || [...text.slice(0, 2)][0]!;
  return `${kept.trimEnd()}…`;
}

/** As many whole characters from the start of a text as `width` pixels hold; reads no further. */
function beginning(text: string, size: number, width: number): string {
  const room = width / (size * 0.07);
  let units = 0;
  let end = 0;
  for (const character of text) {
    units += glyph(character)[0] + (end === 0 ? 0 : gap);
    if (units > room) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/**
 * The lines of a text broken at spaces, none wider than `width` pixels: words that are wider are
 * broken themselves.
 *
 * @param most most lines; the last one ends with `…` where there would be more.
 */
export function breakLines(
  text: string,
  size: number,
  width: number,
  most = 100,
): string[] {
  const lines: string[] = [];
  let rest = text.replaceAll(/\s+/g, " ").trim();
  while (rest !== "" && lines.length < most) {
    const fits = beginning(rest, size, width) || [...rest.slice(0, 2)][0]!;
    const line = fits.length === rest.length ? fits : wholeWords(fits, rest);
    lines.push(line.trimEnd());
    rest = rest.slice(line.length).trimStart();
  }
  if (rest !== "") lines.push(fitText(`${lines.pop()}…`, size, width));
  return lines;
}

/** `fits` up to its last space, if the word after it goes on in `rest`. */
function wholeWords(fits: string, rest: string): string {
  if (rest[fits.length] === " ") return fits;
  const space = fits.lastIndexOf(" ");
  return space <= 0 ? fits : fits.slice(0, space);
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
