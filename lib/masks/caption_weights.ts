import { sumCoverages } from "./foreground.ts";

/** How the scene's caption and the instances' own share the text term T of Eq. (1). */
export interface CaptionWeights {
  /** Factor of the scene's own text result, 1 − min(1, ΣMᵢ), `[cells]`. */
  readonly text: Float32Array;
  /** Factor of each captioned instance's text result, Mᵢ / max(1, ΣMⱼ), `[cells]` each. */
  readonly captions: Float32Array[];
}

/**
 * The factors with which T is put together: (1 − min(1, ΣMᵢ))·T + Σ Mᵢ·Tᵢ / max(1, ΣMⱼ).
 *
 * @param coverages Mᵢ of the captioned instances only, `[cells]` each.
 * @param cells number of cells; needed where there is no captioned instance.
 */
export function captionWeights(
  coverages: readonly Float32Array[],
  cells: number = coverages[0]?.length ?? 0,
): CaptionWeights {
  const sum = sumCoverages(coverages, cells);
  return {
    text: sum.map((value) => 1 - Math.min(1, value)),
    captions: coverages.map((coverage) =>
      coverage.map((value, cell) => value / Math.max(1, sum[cell]!))
    ),
  };
}
