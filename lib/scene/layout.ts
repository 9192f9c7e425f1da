/** Boxes for several instances at once. */

import { counted } from "../core/counted.ts";
import { scatterNumbers } from "../core/random.ts";
import {
  checkOptions,
  type Fields,
  type OptionRules,
} from "../core/check_options.ts";
import { number, seed } from "../core/kinds.ts";
import { quote } from "../core/quote.ts";
import { type Box, box } from "../scene_data/box.ts";
import type { Reference } from "../scene_data/reference.ts";
import type { LayoutFile } from "./layouts/from_file.ts";
import type { FromPictureOptions } from "./layouts/from_picture.ts";
import type { PictureLayout } from "./layouts/picture_layout.ts";
import type { CocoLayoutOptions } from "./layouts/read_coco.ts";
import type { YoloLayoutOptions } from "./layouts/read_yolo.ts";

/** Room around and between boxes. */
export interface LayoutOptions {
  /** Room at the edges, as a fraction of the canvas. @default {0.06} */
  readonly margin?: number;
  /** Room between boxes, as a fraction of the canvas. @default {0.04} */
  readonly gap?: number;
}

/** Options of {@linkcode LayoutHelpers.grid}. */
export interface GridOptions extends LayoutOptions {
  /** Number of columns. @default {the square root of the number of boxes, rounded up} */
  readonly columns?: number;
}

/** Options of {@linkcode LayoutHelpers.scatter}. */
export interface ScatterOptions extends LayoutOptions {
  /** The same seed gives the same boxes. @default {0} */
  readonly seed?: number;
  /** Least side of a box, as a fraction of the canvas. @default {0.2} */
  readonly min?: number;
  /** Greatest side of a box, as a fraction of the canvas. @default {0.4} */
  readonly max?: number;
}

/** Helpers of {@linkcode layout}; each returns `count` boxes that do not overlap. */
export interface LayoutHelpers {
  /** Side by side, from left to right, all as high as the canvas allows. */
  row(count: number, options?: LayoutOptions): Box[];
  /** One below the other, all as wide as the canvas allows. */
  stack(count: number, options?: LayoutOptions): Box[];
  /** In columns and rows, filled row by row. */
  grid(count: number, options?: GridOptions): Box[];
  /** Squares at places and of sizes that a seed decides. */
  scatter(count: number, options?: ScatterOptions): Box[];
  /**
   * The objects that a detector finds in a photograph, best first: a path, a URL, bytes or a picture.
   *
   * @throws {LocRefError} if the photograph or the detector is missing.
   */
  fromPicture(
    photo: Reference,
    options?: FromPictureOptions,
  ): Promise<PictureLayout>;
  /**
   * The objects of one picture in annotations of COCO's format.
   *
   * @throws {LocRefError} `file-invalid` naming what is wrong, or the pictures to choose from.
   */
  fromCoco(
    file: LayoutFile,
    options?: CocoLayoutOptions,
  ): Promise<PictureLayout>;
  /**
   * The objects of a label file of YOLO.
   *
   * @throws {LocRefError} `file-invalid` naming the line.
   */
  fromYolo(
    file: LayoutFile,
    options: YoloLayoutOptions,
  ): Promise<PictureLayout>;
  /**
   * The objects of an annotation of Pascal VOC.
   *
   * @throws {LocRefError} `file-invalid` naming what is wrong.
   */
  fromVoc(file: LayoutFile): Promise<PictureLayout>;
  /**
   * The rectangles of an SVG that have a name: a layer's label, a title, or an `id`.
   *
   * @throws {LocRefError} `file-invalid` naming the rectangle.
   */
  fromSvg(file: LayoutFile): Promise<PictureLayout>;
}

async function fromFile() {
  return await import("./layouts/from_file.ts");
}

/**
 * Boxes for several instances at once, as fractions of the canvas.
 *
 * @example
 * ```ts
 * import { layout, scene } from "@locref/locref";
 *
 * const [left, right] = layout.row(2);
 * const two = scene().place("apple.png", left!).place("cat.jpg", right!);
 * ```
 */
export const layout: LayoutHelpers = {
  row: (count, options = {}) => {
    check(count, options, { of: "layout.row", fields: room });
    return grid(count, { ...options, columns: count });
  },
  stack: (count, options = {}) => {
    check(count, options, { of: "layout.stack", fields: room });
    return grid(count, { ...options, columns: 1 });
  },
  grid: (count, options = {}) => {
    check<GridOptions>(count, options, {
      of: "layout.grid",
      fields: { ...room, columns: number() },
    });
    return grid(count, options);
  },
  scatter: (count, options = {}) => {
    check<ScatterOptions>(count, options, {
      of: "layout.scatter",
      fields: { ...room, seed, min: number(), max: number() },
    });
    return scatter(count, options);
  },
  async fromPicture(photo, options) {
    const { fromPicture } = await import("./layouts/from_picture.ts");
    return await fromPicture(photo, options);
  },
  fromCoco: async (file, options) =>
    await (await fromFile()).fromCoco(file, options),
  fromYolo: async (file, options) =>
    await (await fromFile()).fromYolo(file, options),
  fromVoc: async (file) => await (await fromFile()).fromVoc(file),
  fromSvg: async (file) => await (await fromFile()).fromSvg(file),
};

/** Most boxes of a layout; more find no room. */
const most = 1000;

const room: Fields<LayoutOptions> = {
  margin: number({ min: 0, max: 1 }),
  gap: number({ min: 0, max: 1 }),
};

function check<O extends LayoutOptions>(
  count: number,
  options: O,
  rules: Pick<OptionRules<O>, "of" | "fields">,
): void {
  if (!(Number.isInteger(count) && count >= 1 && count <= most)) {
    throw new RangeError(
      `Layout needs a whole number of boxes of at least 1, got ${quote(count)}${
        count > most ? `, and ${most} at most` : ""
      }`,
    );
  }
  checkOptions<O>(options, {
    ...rules,
    elsewhere: { padding: "margin", spacing: "gap", cols: "columns" },
  });
}

function grid(count: number, options: GridOptions): Box[] {
  const { margin = 0.06, gap = 0.04 } = options;
  const columns = options.columns ?? Math.ceil(Math.sqrt(count));
  if (!Number.isInteger(columns) || columns < 1) {
    throw new RangeError(
      `Grid needs a whole number of columns of at least 1, got ${columns}`,
    );
  }
  const rows = Math.ceil(count / columns);
  const width = (1 - 2 * margin - (columns - 1) * gap) / columns;
  const height = (1 - 2 * margin - (rows - 1) * gap) / rows;
  if (!(margin >= 0 && gap >= 0 && width > 0 && height > 0)) {
    throw new RangeError(
      `Layout of ${columns} × ${rows} boxes leaves no room with margin ${margin} and gap ${gap}`,
    );
  }
  return Array.from({ length: count }, (_, i) => {
    const x = margin + (i % columns) * (width + gap);
    const y = margin + Math.floor(i / columns) * (height + gap);
    return box.fraction(x, y, x + width, y + height);
  });
}

/** How often a place is drawn before the boxes shrink. */
const tries = 200;

function scatter(count: number, options: ScatterOptions): Box[] {
  const { margin = 0.06, gap = 0.04, seed = 0, min = 0.2, max = 0.4 } = options;
  if (!(min > 0 && max >= min && max + 2 * margin <= 1)) {
    throw new RangeError(
      `Scatter needs 0 < min ≤ max ≤ 1 − 2 · margin, got min ${min}, max ${max} and margin ${margin}`,
    );
  }
  const random = scatterNumbers(seed);
  for (let shrink = 1; shrink > 0.01; shrink *= 0.9) {
    const boxes = tryScatter(count, { margin, gap, min, max }, shrink, random);
    if (boxes !== undefined) return boxes;
  }
  throw new RangeError(
    `Scatter finds no room for ${counted(count, "box", "boxes")}`,
  );
}

function tryScatter(
  count: number,
  options: Required<Pick<ScatterOptions, "margin" | "gap" | "min" | "max">>,
  shrink: number,
  random: () => number,
): Box[] | undefined {
  const { margin, gap, min, max } = options;
  const placed: Box[] = [];
  for (let attempt = 0; attempt < tries * count; attempt++) {
    const side = shrink * (min + (max - min) * random());
    const room = 1 - 2 * margin - side;
    const x = margin + room * random();
    const y = margin + room * random();
    const candidate = box.fraction(x, y, x + side, y + side);
    if (placed.every((other) => apart(candidate, other, gap * shrink))) {
      placed.push(candidate);
    }
    if (placed.length === count) return placed;
  }
  return undefined;
}

function apart(a: Box, b: Box, gap: number): boolean {
  const [ax0, ay0, ax1, ay1] = a.xyxy;
  const [bx0, by0, bx1, by1] = b.xyxy;
  return ax1 + gap <= bx0 || bx1 + gap <= ax0 || ay1 + gap <= by0 ||
    by1 + gap <= ay0;
}
