import { blended } from "../../ddim/blended.ts";

/** How predictions are joined to one. */
interface Guiding {
  readonly guidance: number;
  readonly rescale?: number;
  /** Prediction of the perturbed denoiser. */
  readonly perturbed?: { scale: number; prediction: Float32Array };
}

/**
 * `unconditional + guidance · (conditional − unconditional) + scale · (conditional − perturbed)`,
 * rescaled where guidance acts, as in diffusers: without an unconditional prediction nothing is.
 */
export function guided(
  both: Float32Array,
  { guidance, rescale = 0, perturbed }: Guiding,
): Float32Array {
  if (guidance <= 1 && perturbed === undefined) return both;
  const out = guidance > 1 ? blended(both, guidance) : Float32Array.from(both);
  const conditional = both.subarray(both.length - out.length);
  if (perturbed !== undefined) {
    const { scale, prediction } = perturbed;
    for (let i = 0; i < out.length; i++) {
      out[i]! += scale * (conditional[i]! - prediction[i]!);
    }
  }
  return rescale > 0 && guidance > 1
    ? rescaled(out, conditional, rescale)
    : out;
}

/** Goes over to what has the deviation of the conditional prediction (Lin et al. 2023, Eqs. (15), (16)). */
function rescaled(
  guided: Float32Array,
  conditional: Float32Array,
  rescale: number,
): Float32Array {
  const factor = deviation(conditional) / deviation(guided);
  return guided.map((value) => value * (rescale * factor + 1 - rescale));
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / values.length);
}
