/**
 * Letters made of strokes, so that labels look the same on machines without any font.
 *
 * A glyph is its width and an SVG path in a grid whose capitals reach from y = 0 to the baseline at
 * y = 10; the path is stroked, not filled.
 */

const bowl = "M2.8 3.2A2.8 3.4 0 0 0 2.8 10 2.8 3.4 0 0 0 2.8 3.2";
const p = "M0 10V0H3A2.8 2.8 0 0 1 3 5.6H0";
const o = "M4 0A4 5 0 0 0 4 10 4 5 0 0 0 4 0";
const arch = "M0 6A2.6 2.8 0 0 1 5.2 6V10";

const glyphs: Readonly<Record<string, readonly [number, string]>> = {
  " ": [2.4, ""],
  A: [7, "M0 10 3.5 0 7 10M1.2 6.6H5.8"],
  B: [5.9, "M0 0V10H3.2A2.7 2.7 0 0 0 3.2 4.6H0M0 0H2.8A2.3 2.3 0 0 1 2.8 4.6"],
  C: [6.7, "M6.6 1.2A4 5 0 1 0 6.6 8.8"],
  D: [6.7, "M0 0V10H2.5A4.2 5 0 0 0 2.5 0Z"],
  E: [5.4, "M5.4 0H0V10H5.4M0 4.8H4.6"],
  F: [5.2, "M5.2 0H0V10M0 4.8H4.5"],
  G: [7.2, "M6.8 1.4A4 5 0 1 0 7.2 8.2V5.4H4.4"],
  H: [6.5, "M0 0V10M6.5 0V10M0 4.8H6.5"],
  I: [0, "M0 0V10"],
  J: [4, "M4 0V7.4A2.1 2.6 0 0 1 0 7.6"],
  K: [6.2, "M0 0V10M6 0 0 6.2M2.2 4 6.2 10"],
  L: [5, "M0 0V10H5"],
  M: [8, "M0 10V0L4 6.5 8 0V10"],
  N: [6.5, "M0 10V0L6.5 10V0"],
  O: [8, o],
  P: [5.8, p],
  Q: [8, `${o}M5 7.2 7.6 10.4`],
  R: [6, `${p}M3 5.6 6 10`],
  S: [
    5.8,
    "M5.4 1.6C4.8.5 3.9 0 2.9 0 1.2 0 .3 1.1.3 2.4.3 5.4 5.8 4.4 5.8 7.5 5.8 9 4.6 10 3 10 1.6 10 .5 9.3 0 8",
  ],
  T: [7, "M0 0H7M3.5 0V10"],
  U: [6.4, "M0 0V6.5A3.2 3.5 0 0 0 6.4 6.5V0"],
  V: [7, "M0 0 3.5 10 7 0"],
  W: [10, "M0 0 2.4 10 5 1.5 7.6 10 10 0"],
  X: [6.4, "M0 0 6.4 10M6.4 0 0 10"],
  Y: [6.8, "M0 0 3.4 5 6.8 0M3.4 5V10"],
  Z: [6.4, "M0 0H6.2L0 10H6.4"],
  a: [5.6, `${bowl}M5.6 3.3V10`],
  b: [5.6, `${bowl}M0 0V10`],
  c: [4.9, "M4.9 4.2A2.9 3.4 0 1 0 4.9 9"],
  d: [5.6, `${bowl}M5.6 0V10`],
  e: [5.7, "M.1 6.4H5.7A2.85 3.4 0 1 0 5 8.9"],
  f: [3.6, "M3.6.1C2-.2 1.3.8 1.3 2.2V10M0 3.4H3.3"],
  g: [5.6, `${bowl}M5.6 3.3V10.4A2.7 2.7 0 0 1 .6 11.6`],
  h: [5.2, `M0 0V10${arch}`],
  i: [0, "M0 3.4V10M0 .6V.7"],
  j: [1.2, "M1.2 3.4V11A1.6 1.9 0 0 1-.6 12.8M1.2 .6V.7"],
  k: [5, "M0 0V10M4.8 3.4 0 7.6M1.8 6.1 5 10"],
  l: [0, "M0 0V10"],
  m: [
    8.4,
    "M0 3.4V10M0 5.6A2.1 2.4 0 0 1 4.2 5.6V10M4.2 5.6A2.1 2.4 0 0 1 8.4 5.6V10",
  ],
  n: [5.2, `M0 3.4V10${arch}`],
  o: [5.6, bowl],
  p: [5.6, `${bowl}M0 3.4V13`],
  q: [5.6, `${bowl}M5.6 3.4V13`],
  r: [3.2, "M0 3.4V10M0 6.2C.2 4 1.6 3 3.2 3.3"],
  s: [
    4.6,
    "M4.3 4.4C3.7 3.5 3 3.2 2.3 3.2 1.1 3.2.3 3.9.3 4.9.3 7 4.6 6 4.6 8.2 4.6 9.3 3.6 10 2.4 10 1.3 10 .4 9.5 0 8.6",
  ],
  t: [3.6, "M1.4.9V7.8C1.4 9.6 2.3 10.2 3.6 9.9M0 3.4H3.4"],
  u: [5.2, "M0 3.4V7.2A2.6 2.8 0 0 0 5.2 7.2M5.2 3.4V10"],
  v: [5.4, "M0 3.4 2.7 10 5.4 3.4"],
  w: [8.2, "M0 3.4 2 10 4.1 4 6.2 10 8.2 3.4"],
  x: [5, "M0 3.4 5 10M5 3.4 0 10"],
  y: [5.4, "M0 3.4 2.8 10M5.4 3.4 2 12.2C1.7 12.9 1 13.2.2 13"],
  z: [4.9, "M0 3.4H4.7L0 10H4.9"],
  0: [6, "M3 0A3 5 0 0 0 3 10 3 5 0 0 0 3 0"],
  1: [3, "M.4 2 2.8 0V10"],
  2: [
    6,
    "M.2 2.6C.2 1 1.4 0 3 0 4.6 0 5.7 1 5.7 2.6 5.7 5 0 8 0 10H6",
  ],
  3: [
    5.9,
    "M.3 1.6C.8.6 1.7 0 2.9 0 4.4 0 5.5 1 5.5 2.4 5.5 3.8 4.4 4.7 2.6 4.7 4.6 4.7 5.9 5.7 5.9 7.3 5.9 9 4.6 10 2.9 10 1.5 10 .5 9.4 0 8.2",
  ],
  4: [6.2, "M4.5 10V0L0 7H6.2"],
  5: [
    5.8,
    "M5.4 0H1L.5 4.6C1.2 4 2 3.8 2.8 3.8 4.6 3.8 5.8 5 5.8 6.8 5.8 8.7 4.5 10 2.7 10 1.4 10 .5 9.4 0 8.4",
  ],
  6: [
    5.9,
    "M4.6 0C2 1.6 0 4 0 6.8 0 8.7 1.2 10 3 10 4.7 10 5.9 8.7 5.9 6.9 5.9 5.1 4.7 3.9 3 3.9 1.8 3.9.6 4.6.1 6",
  ],
  7: [5.8, "M0 0H5.8L1.8 10"],
  8: [
    6,
    "M3 4.6C1.5 4.6.5 3.7.5 2.3.5.9 1.5 0 3 0 4.5 0 5.5.9 5.5 2.3 5.5 3.7 4.5 4.6 3 4.6 1.2 4.6 0 5.7 0 7.3 0 9 1.2 10 3 10 4.8 10 6 9 6 7.3 6 5.7 4.8 4.6 3 4.6",
  ],
  9: [
    6,
    "M1.4 10C4 8.4 6 6 6 3.2 6 1.3 4.8 0 3 0 1.3 0 .1 1.3.1 3.1.1 4.9 1.3 6.1 3 6.1 4.2 6.1 5.4 5.4 5.9 4",
  ],
  ".": [1, "M.5 9.9V10"],
  ",": [0.4, "M.4 9.6 0 11.4"],
  ":": [0, "M0 4.2V4.3M0 9.9V10"],
  ";": [0.4, "M.3 4.2V4.3M.4 9.6 0 11.4"],
  "!": [0, "M0 0V6.8M0 9.9V10"],
  "?": [
    4.9,
    "M.1 2C.3.7 1.2 0 2.5 0 4 0 4.9.9 4.9 2.2 4.9 4.4 2.4 4.4 2.4 7M2.4 9.9V10",
  ],
  "-": [3.4, "M0 6H3.4"],
  "–": [5, "M0 6H5"],
  "—": [8, "M0 6H8"],
  "−": [6, "M0 5.6H6"],
  "+": [6, "M0 5.6H6M3 2.6V8.6"],
  "=": [6, "M0 4.4H6M0 7.2H6"],
  "<": [5.6, "M5.6 2.6 0 5.8 5.6 9"],
  ">": [5.6, "M0 2.6 5.6 5.8 0 9"],
  "/": [4.4, "M0 11 4.4-.6"],
  "\\": [4.4, "M0-.6 4.4 11"],
  "|": [0, "M0-1V12"],
  "_": [6, "M0 11.6H6"],
  "(": [2.2, "M2.2-.8C-.7 3-.7 8 2.2 11.8"],
  ")": [2.2, "M0-.8C2.9 3 2.9 8 0 11.8"],
  "[": [2, "M2-.6H0V11.6H2"],
  "]": [2, "M0-.6H2V11.6H0"],
  "{": [
    2.6,
    "M2.6-.8C.8-.8 1.4 1.6 1.4 3.4 1.4 4.8.8 5.5 0 5.5.8 5.5 1.4 6.2 1.4 7.6 1.4 9.4.8 11.8 2.6 11.8",
  ],
  "}": [
    2.6,
    "M0-.8C1.8-.8 1.2 1.6 1.2 3.4 1.2 4.8 1.8 5.5 2.6 5.5 1.8 5.5 1.2 6.2 1.2 7.6 1.2 9.4 1.8 11.8 0 11.8",
  ],
  "%": [
    7.8,
    "M6.8 0 1 10M1.7 0A1.7 2.2 0 0 0 1.7 4.4 1.7 2.2 0 0 0 1.7 0M6.1 5.6A1.7 2.2 0 0 0 6.1 10 1.7 2.2 0 0 0 6.1 5.6",
  ],
  '"': [2, "M0 0V2.6M2 0V2.6"],
  "'": [0, "M0 0V2.6"],
  "`": [1.4, "M0-.4 1.4 1.4"],
  "^": [4, "M0 2.6 2 0 4 2.6"],
  "~": [5.6, "M0 6.6C.8 4.6 2 4.8 2.8 5.6 3.6 6.4 4.8 6.6 5.6 4.6"],
  "#": [6, "M2 0 .8 10M5 0 3.8 10M.3 3.2H6M0 6.8H5.7"],
  $: [
    5.8,
    "M5.4 2.4C4.8 1.5 3.9 1.2 2.9 1.2 1.2 1.2.3 2.1.3 3.1.3 5.6 5.8 4.6 5.8 7.1 5.8 8.3 4.6 8.9 3 8.9 1.6 8.9.5 8.4 0 7.4M2.9-.4V10.6",
  ],
  "*": [4.4, "M2.2 0V4.4M.2 1.1 4.2 3.3M4.2 1.1.2 3.3"],
  "&": [
    6.6,
    "M6.6 10 1.6 3.4C.5 1.7 1.3 0 2.9 0 4.5 0 5.2 1.8 3.8 3.2L1.6 5C.2 6.3-.4 7.6.3 8.8 1.4 10.6 4.8 10.4 6.2 5.8",
  ],
  "@": [
    9,
    "M6.4 3.6V6.4C6.4 8.4 9 8 9 5.2 9 2 7 .4 4.6.4 1.8.4 0 2.6 0 5.6 0 8.6 2 10.6 4.8 10.6 5.8 10.6 6.6 10.4 7.4 9.9M4.4 3.4A1.9 2.1 0 0 0 4.4 7.6 1.9 2.1 0 0 0 4.4 3.4",
  ],
  "×": [4.6, "M0 3.6 4.6 8.2M4.6 3.6 0 8.2"],
  "·": [0, "M0 5.9V6"],
  "…": [6, "M0 9.9V10M3 9.9V10M6 9.9V10"],
  "°": [2.6, "M1.3 0A1.3 1.3 0 0 0 1.3 2.6 1.3 1.3 0 0 0 1.3 0"],
  "→": [7, "M0 6H7M4.6 3.6 7 6 4.6 8.4"],
  "λ": [5, "M0 .2C2 0 2.2 1 5 10M2.9 4.2 0 10"],
  "τ": [4.8, "M0 3.8H4.8M2.4 3.8V8.4C2.4 9.6 3 10.1 4 9.9"],
  "Σ": [6, "M6 0H0L3.4 5 0 10H6.2"],
};

/** Stand-in for a character without a glyph. */
const unknown: readonly [number, string] = [5, "M0 0H5V10H0Z"];
/** Room between letters, in units of the grid. */
const gap = 2.25;

function glyph(character: string): readonly [number, string] {
  // accents are left off: é is drawn as e
  return glyphs[character] ??
    glyphs[character.normalize("NFD")[0]!] ?? unknown;
}

/** Whether a character is drawn as itself, not as the box that stands for unknown ones. */
export function hasGlyph(character: string): boolean {
  return glyph(character) !== unknown;
}

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
