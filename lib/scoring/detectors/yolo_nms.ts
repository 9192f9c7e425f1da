/** Ultralytics' postprocessing of YOLO's output, in single precision as there: equal to the last box. */

/** Boxes with a score and a class each, in pixels of the letterbox. */
export interface YoloBoxes {
  /** Left, top, right, bottom of box i at `4 · i`. */
  readonly corners: Float32Array;
  readonly scores: Float32Array;
  readonly categories: Int32Array;
}

/** The settings that Ultralytics measures mAP with. */
const measuring = {
  /** Only scores above this count. */
  score: 0.001,
  /** IoU above which the lower score goes. */
  iou: 0.7,
  /** Most boxes before suppression. */
  before: 30_000,
  /** Most boxes after it. */
  most: 300,
  /** Pixels between the classes, which keeps boxes of different classes from overlapping. */
  apart: 7680,
} as const;

/**
 * The boxes that remain of YOLO's output, best first: every class of every cell that is likely
 * enough, then non-maximum suppression within each class (`non_max_suppression` with several labels
 * a box).
 *
 * @param data `[rows, cells]`: centre, width and height, then the scores of the classes.
 */
export function keptBoxes(
  data: Float32Array,
  { rows, cells }: { rows: number; cells: number },
): YoloBoxes {
  const all = likelyBoxes(data, rows, cells);
  const order = [...all.scores.keys()]
    .sort((a, b) => all.scores[b]! - all.scores[a]!)
    .slice(0, measuring.before);
  return pick(all, suppressed(pick(all, order)).map((i) => order[i]!));
}

function likelyBoxes(
  data: Float32Array,
  rows: number,
  cells: number,
): YoloBoxes {
  const corners: number[] = [], scores: number[] = [], kinds: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    for (let row = 4; row < rows; row++) {
      const score = data[row * cells + cell]!;
      if (!(score > measuring.score)) continue;
      const [x, y, width, height] = [0, 1, 2, 3].map((i) =>
        data[i * cells + cell]!
      ) as [number, number, number, number];
      corners.push(x - width / 2, y - height / 2, x + width / 2);
      corners.push(y + height / 2);
      scores.push(score);
      kinds.push(row - 4);
    }
  }
  return {
    corners: Float32Array.from(corners),
    scores: Float32Array.from(scores),
    categories: Int32Array.from(kinds),
  };
}

function pick(boxes: YoloBoxes, indices: readonly number[]): YoloBoxes {
  const corners = new Float32Array(4 * indices.length);
  for (const [to, i] of indices.entries()) {
    corners.set(boxes.corners.subarray(4 * i, 4 * i + 4), 4 * to);
  }
  return {
    corners,
    scores: Float32Array.from(indices, (i) => boxes.scores[i]!),
    categories: Int32Array.from(indices, (i) => boxes.categories[i]!),
  };
}

/** Indices of the boxes that stay, of boxes with falling scores (torchvision's `nms`). */
function suppressed({ corners, categories }: YoloBoxes): number[] {
  const { fround, max, min } = Math;
  const moved = corners.map((edge, i) =>
    edge + categories[i >> 2]! * measuring.apart
  );
  const areas = Float32Array.from(categories, (_, i) => {
    const [x0, y0, x1, y1] = moved.subarray(4 * i, 4 * i + 4);
    return fround(x1! - x0!) * fround(y1! - y0!);
  });
  const gone = new Uint8Array(areas.length);
  const kept: number[] = [];
  for (let i = 0; i < areas.length && kept.length < measuring.most; i++) {
    if (gone[i]) continue;
    kept.push(i);
    for (let j = i + 1; j < areas.length; j++) {
      if (gone[j] || categories[i] !== categories[j]) continue;
      const a = 4 * i, b = 4 * j;
      const width = fround(
        min(moved[a + 2]!, moved[b + 2]!) - max(moved[a]!, moved[b]!),
      );
      const height = fround(
        min(moved[a + 3]!, moved[b + 3]!) - max(moved[a + 1]!, moved[b + 1]!),
      );
      const shared = fround(max(0, width) * max(0, height));
      const both = fround(fround(areas[i]! + areas[j]!) - shared);
      if (fround(shared / both) > measuring.iou) gone[j] = 1;
    }
  }
  return kept;
}
