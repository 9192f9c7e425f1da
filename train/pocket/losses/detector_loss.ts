import type { Values } from "../../../lib/ops/executor.ts";
import type { LossOps } from "../../../lib/ops/loss_ops.ts";
import type { LossValues } from "../../../lib/ops/loss_program.ts";
import { clamp, number, square } from "../../loop/loss_parts.ts";

/** Predictions of the detector, cell by cell. */
export interface Detections<T> {
  /** `[N, cells, classes]`. */
  readonly logits: T;
  /** Logarithms of the distances to the edges, `[N, cells, 4]`. */
  readonly distances: T;
}

/**
 * Focal loss on classes (Lin et al. 2017) and IoU loss on boxes (Yu et al. 2016).
 *
 * @param side cells along each side of the grid.
 */
export function detectorLoss<T>(
  ops: LossOps<T>,
  { logits, distances }: Detections<T>,
  batch: Values<T>,
  side: number,
): LossValues<T> {
  const owned = batch.owned!;
  const positives = ops.maximum(ops.sum(owned), number(ops, 1));
  const focal = ops.div(
    ops.sum(focalTerms(ops, logits, batch.classes!)),
    positives,
  );
  const iou = predictedIou(ops, distances, batch.boxes!, side);
  const missing = ops.mul(ops.sub(number(ops, 1), iou), owned);
  const misses = ops.div(ops.sum(missing), positives);
  const mean = ops.div(ops.sum(ops.mul(iou, owned)), positives);
  return {
    loss: ops.add(focal, ops.scale(misses, 2)),
    metrics: { iou: mean },
  };
}

function focalTerms<T>(ops: LossOps<T>, logits: T, truth: T): T {
  const one = number(ops, 1);
  const p = clamp(ops, ops.sigmoid(logits), 1e-6, 1 - 1e-6);
  const rest = ops.sub(one, p);
  const right = ops.mul(ops.mul(truth, square(ops, rest)), ops.log(p));
  const other = ops.sub(one, truth);
  const wrong = ops.mul(ops.mul(other, square(ops, p)), ops.log(rest));
  return ops.add(ops.scale(right, -0.75), ops.scale(wrong, -0.25));
}

/** IoU of each cell's predicted box with its true one, `[N, cells, 1]`. */
function predictedIou<T>(
  ops: LossOps<T>,
  distances: T,
  boxes: T,
  side: number,
): T {
  const reach = ops.splitWidth(ops.exp(clamp(ops, distances, -4, 4)), 4);
  const edges = ops.splitWidth(boxes, 4);
  const places = (of: (cell: number) => number) =>
    ops.constant(
      [1, side * side, 1],
      Float32Array.from({ length: side * side }, (_, i) => of(i) + 0.5),
    );
  const x = places((i) => i % side), y = places((i) => Math.floor(i / side));
  const own = [
    ops.sub(x, reach[0]!),
    ops.sub(y, reach[1]!),
    ops.add(x, reach[2]!),
    ops.add(y, reach[3]!),
  ];
  const none = number(ops, 0);
  const shared = (low: number, high: number) => {
    const end = ops.minimum(own[high]!, edges[high]!);
    const start = ops.maximum(own[low]!, edges[low]!);
    return ops.maximum(ops.sub(end, start), none);
  };
  const area = (of: readonly T[]) =>
    ops.mul(ops.sub(of[2]!, of[0]!), ops.sub(of[3]!, of[1]!));
  const inside = ops.mul(shared(0, 2), shared(1, 3));
  const union = ops.sub(ops.add(area(own), area(edges)), inside);
  return ops.div(inside, ops.add(union, number(ops, 1e-6)));
}
