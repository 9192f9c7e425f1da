import type { Overlap } from "../scene_data/scene_data.ts";
import { sumCoverages } from "./foreground.ts";

/** Options of {@linkcode referenceWeights}. */
export interface ReferenceWeightsOptions {
  /** How overlapping instances combine. @default {"average"} */
  readonly overlap?: Overlap;
  /**
   * Depth of each instance: higher lies in front; of equal ones the later lies in front. Only
   * `top` looks at it. @default {all equal}
   */
  readonly depths?: readonly number[];
}

/**
 * The factor wᵢ of each reference's attention Aᵢ in the last term of Eq. (1), without λr.
 *
 * - `average`: sᵢ·Mᵢ / max(1, ΣMⱼ)
 * - `sum`: sᵢ·Mᵢ
 * - `top`: sᵢ·Mᵢ·Π(1 − Mⱼ) over the instances j in front of i
 *
 * @param coverages Mᵢ, one `[cells]` an instance.
 * @param scales sᵢ, one an instance.
 */
export function referenceWeights(
  coverages: readonly Float32Array[],
  scales: readonly number[],
  options: ReferenceWeightsOptions = {},
): Float32Array[] {
  if (scales.length !== coverages.length) {
    throw new RangeError(
      `${coverages.length} coverages need as many scales, got ${scales.length}`,
    );
  }
  const { overlap = "average", depths = coverages.map(() => 0) } = options;
  const cells = coverages[0]?.length ?? 0;
  const sum = sumCoverages(coverages, cells);
  return coverages.map((coverage, i) => {
    const front = overlap === "top"
      ? coverages.filter((_, j) => isInFront(j, i, depths))
      : [];
    return coverage.map((value, cell) => {
      const weight = scales[i]! * value;
      if (overlap === "average") return weight / Math.max(1, sum[cell]!);
      return front.reduce((rest, other) => rest * (1 - other[cell]!), weight);
    });
  });
}

function isInFront(j: number, i: number, depths: readonly number[]): boolean {
  const difference = (depths[j] ?? 0) - (depths[i] ?? 0);
  return difference > 0 || (difference === 0 && j > i);
}
