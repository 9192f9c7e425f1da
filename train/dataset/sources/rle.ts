/** Run-length encoded masks as pycocotools has them: runs of 0 and 1 in turn, column by column. */

/** A mask as runs. */
export interface Rle {
  /** In pixels. */
  readonly height: number;
  /** In pixels. */
  readonly width: number;
  /** Lengths of runs, beginning with a run of zeros, which may be empty. */
  readonly counts: Uint32Array;
}

/** A COCO file's `segmentation`: polygons, or runs, plain or packed into a string. */
export type Segmentation =
  | readonly (readonly number[])[]
  | {
    readonly size: readonly number[];
    readonly counts: readonly number[] | string;
  };

/** The mask of an annotation in a picture of `height` × `width`: `annToRLE` of pycocotools. */
export function rleOfSegmentation(
  segmentation: Segmentation,
  height: number,
  width: number,
): Rle {
  if (!("counts" in segmentation)) {
    return unionRle(segmentation.map((xy) => rleOfPolygon(xy, height, width)), {
      height,
      width,
    });
  }
  const [h, w] = segmentation.size as [number, number];
  const { counts } = segmentation;
  return {
    height: h,
    width: w,
    counts: typeof counts === "string"
      ? unpackCounts(counts)
      : Uint32Array.from(counts),
  };
}

/** Number of pixels that a mask's runs speak of: height · width where it is sound. */
export function runsLength({ counts }: Rle): number {
  let length = 0;
  for (const count of counts) length += count;
  return length;
}

/** Number of pixels of a mask that are 1. */
export function rleArea({ counts }: Rle): number {
  let area = 0;
  for (let i = 1; i < counts.length; i += 2) area += counts[i]!;
  return area;
}

/** A mask as bytes 0 and 1, row by row: `[height · width]`. */
export function decodeRle({ height, width, counts }: Rle): Uint8Array {
  const mask = new Uint8Array(height * width);
  let at = 0;
  for (const [i, count] of counts.entries()) {
    if (i % 2 === 1) {
      for (let j = at; j < at + count; j++) {
        mask[(j % height) * width + Math.floor(j / height)] = 1;
      }
    }
    at += count;
  }
  return mask;
}

/** A mask of bytes, row by row, as runs. */
export function encodeRle(
  mask: Uint8Array,
  height: number,
  width: number,
): Rle {
  const counts: number[] = [];
  let value = 0, run = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const here = mask[y * width + x]! > 0 ? 1 : 0;
      if (here !== value) {
        counts.push(run);
        run = 0;
        value = here;
      }
      run++;
    }
  }
  counts.push(run);
  return { height, width, counts: Uint32Array.from(counts) };
}

/** Runs from COCO's packed form: six bits a character, five of them value, differences from the third on. */
export function unpackCounts(text: string): Uint32Array {
  const counts: number[] = [];
  for (let at = 0; at < text.length;) {
    let value = 0, shift = 0, more = true;
    while (more) {
      if (at >= text.length) {
        throw new SyntaxError("Run-length string ends within a number");
      }
      const code = text.charCodeAt(at++) - 48;
      value |= (code & 0x1f) << shift;
      shift += 5;
      more = (code & 0x20) !== 0;
      if (!more && (code & 0x10) !== 0) value |= -1 << shift;
    }
    if (counts.length > 2) value += counts.at(-2)!;
    counts.push(value);
  }
  return Uint32Array.from(counts);
}

/** Runs in COCO's packed form. */
export function packCounts(counts: ArrayLike<number>): string {
  let text = "";
  for (let i = 0; i < counts.length; i++) {
    let value = counts[i]! - (i > 2 ? counts[i - 2]! : 0);
    for (let more = true; more;) {
      let code = value & 0x1f;
      value >>= 5;
      more = (code & 0x10) !== 0 ? value !== -1 : value !== 0;
      if (more) code |= 0x20;
      text += String.fromCharCode(code + 48);
    }
  }
  return text;
}

/** How much finer than pixels pycocotools walks along the edges of a polygon. */
const finer = 5;

/** The mask of a polygon `[x0, y0, x1, y1, …]`: `rleFrPoly` of pycocotools. */
function rleOfPolygon(
  xy: readonly number[],
  height: number,
  width: number,
): Rle {
  const crossings: number[] = [];
  let lastU = NaN, lastV = NaN;
  walkEdges(xy, (u, v) => {
    if (u !== lastU && !Number.isNaN(lastU)) {
      const x = ((u < lastU ? u : u - 1) + 0.5) / finer - 0.5;
      if (Math.floor(x) === x && x >= 0 && x <= width - 1) {
        const y = (Math.min(v, lastV) + 0.5) / finer - 0.5;
        const inside = Math.ceil(Math.min(height, Math.max(0, y)));
        crossings.push(x * height + inside);
      }
    }
    lastU = u;
    lastV = v;
  });
  crossings.push(height * width);
  crossings.sort((a, b) => a - b);
  return { height, width, counts: runsBetween(crossings) };
}

/** Visits every point that the polygon's edges pass, on the finer grid. */
function walkEdges(
  xy: readonly number[],
  visit: (u: number, v: number) => void,
): void {
  const points = Math.floor(xy.length / 2);
  const fine = (value: number) => Math.trunc(finer * value + 0.5);
  for (let j = 0; j < points; j++) {
    const next = (j + 1) % points;
    let xs = fine(xy[2 * j]!), ys = fine(xy[2 * j + 1]!);
    let xe = fine(xy[2 * next]!), ye = fine(xy[2 * next + 1]!);
    const dx = Math.abs(xe - xs), dy = Math.abs(ye - ys);
    const flip = (dx >= dy && xs > xe) || (dx < dy && ys > ye);
    if (flip) [xs, xe, ys, ye] = [xe, xs, ye, ys];
    const steps = Math.max(dx, dy);
    const slope = steps === 0 ? 0 : dx >= dy ? (ye - ys) / dx : (xe - xs) / dy;
    for (let d = 0; d <= steps; d++) {
      const t = flip ? steps - d : d;
      if (dx >= dy) visit(t + xs, Math.trunc(ys + slope * t + 0.5));
      else visit(Math.trunc(xs + slope * t + 0.5), t + ys);
    }
  }
}

/** Lengths between sorted positions at which the mask changes; pairs at one place cancel out. */
function runsBetween(positions: readonly number[]): Uint32Array {
  const runs = positions.map((position, i) =>
    position - (i > 0 ? positions[i - 1]! : 0)
  );
  const kept = [runs[0]!];
  for (let j = 1; j < runs.length;) {
    if (runs[j]! > 0) kept.push(runs[j++]!);
    else if (++j < runs.length) kept[kept.length - 1]! += runs[j++]!;
  }
  return Uint32Array.from(kept);
}

/** The mask that is 1 where any of `masks` is. */
function unionRle(
  masks: readonly Rle[],
  size: { height: number; width: number },
): Rle {
  const [first] = masks;
  if (masks.length === 1 && first) return first;
  const edges = masks.flatMap(intervals).sort((a, b) => a[0] - b[0]);
  const counts: number[] = [];
  let end = 0;
  for (const [from, to] of edges) {
    if (counts.length > 0 && from <= end) {
      counts[counts.length - 1]! += Math.max(0, to - end);
      end = Math.max(end, to);
      continue;
    }
    counts.push(from - end, to - from);
    end = to;
  }
  const total = size.height * size.width;
  if (end < total || counts.length === 0) counts.push(total - end);
  return { ...size, counts: Uint32Array.from(counts) };
}

/** Where a mask is 1: positions column by column, the end left out. */
function intervals({ counts }: Rle): [number, number][] {
  const found: [number, number][] = [];
  let at = 0;
  for (const [i, count] of counts.entries()) {
    if (i % 2 === 1 && count > 0) found.push([at, at + count]);
    at += count;
  }
  return found;
}

/** Number of pixels that are 1 in both masks. */
export function rleIntersection(a: Rle, b: Rle): number {
  let i = 0, j = 0, shared = 0;
  let leftA = a.counts[0] ?? 0, leftB = b.counts[0] ?? 0;
  while (i < a.counts.length && j < b.counts.length) {
    const step = Math.min(leftA, leftB);
    if (i % 2 === 1 && j % 2 === 1) shared += step;
    leftA -= step;
    leftB -= step;
    if (leftA === 0) leftA = a.counts[++i] ?? 0;
    if (leftB === 0) leftB = b.counts[++j] ?? 0;
  }
  return shared;
}
