/** FreeU: sharper pictures from the same weights (Si et al. 2023). */

import type { AdapterGraph } from "../../bases/hooks.ts";
import type { Size } from "../../core/geometry.ts";
import type { Ops } from "../../ops/ops.ts";

/** Factors of FreeU; `1` of each 1 belongs to the first block on the way up, `2` to the second. */
export interface FreeuSettings {
  /** Factor of the first half of the features of the first block. @default {1.5} */
  readonly b1?: number;
  /** Factor of the first half of the features of the second block. @default {1.6} */
  readonly b2?: number;
  /** Factor of the lowest frequencies of what joins the first block. @default {0.9} */
  readonly s1?: number;
  /** Factor of the lowest frequencies of what joins the second block. @default {0.2} */
  readonly s2?: number;
}

/** The factors that its authors found for Stable Diffusion 1.5. */
const defaultFreeu: Required<FreeuSettings> = {
  ...{ b1: 1.5, b2: 1.6 },
  ...{ s1: 0.9, s2: 0.2 },
};

/**
 * FreeU in a denoiser's graph: in the first two blocks on the way up, half of the features become
 * stronger, and the lowest frequencies of the joining skip weaker.
 */
export function freeuGraph(settings: FreeuSettings): AdapterGraph {
  const { b1, b2, s1, s2 } = { ...defaultFreeu, ...settings };
  const factors = [{ b: b1, s: s1 }, { b: b2, s: s2 }];
  return {
    // the factors are constants of the graph
    prefix: `freeu_${[b1, b2, s1, s2].join("_")}`,
    acts: ["join"],
    hooks: (ops) => ({
      join: ({ block }, { x, skip }) => {
        const own = factors[block];
        if (own === undefined) return { x, skip };
        return {
          x: strongerHalf(ops, x, own.b),
          skip: weakerLows(ops, skip, own.s),
        };
      },
    }),
  };
}

/** The first half of an image's channels times a factor. */
function strongerHalf<T>(ops: Ops<T>, x: T, factor: number): T {
  const [first, second] = ops.splitChannels(x, 2);
  return ops.concatChannels([ops.scale(first!, factor), second!]);
}

/**
 * An image whose frequencies 0 and −1 in both directions are multiplied by a factor, and its real part.
 *
 * diffusers masks two by two cells in the middle of the shifted spectrum, which are these. They are
 * at most seven waves, so that two thin products take the place of two Fourier transforms.
 */
function weakerLows<T>(ops: Ops<T>, image: T, factor: number): T {
  const size = ops.sizeOf(image);
  const cells = size.height * size.width;
  const waves = lowWaves(size);
  const count = waves.length / cells;
  const basis = ops.constant([1, count, cells], waves);
  const tokens = ops.tokens(image);
  const amounts = ops.product(basis, tokens);
  const lows = ops.product(basis, amounts, { transposeA: true });
  const change = ops.scale(lows, (factor - 1) / cells);
  return ops.image(ops.add(tokens, change), size);
}

/** Cosine and sine of each of the lowest frequencies at every cell, row by row, `[waves, cells]`. */
function lowWaves({ height, width }: Size): Float32Array {
  const along = (length: number) => length > 1 ? [0, -1] : [0];
  const rows: number[] = [];
  for (const u of along(height)) {
    for (const v of along(width)) {
      const angles = Array.from({ length: height * width }, (_, cell) => {
        const y = Math.floor(cell / width), x = cell % width;
        return 2 * Math.PI * (u * y / height + v * x / width);
      });
      rows.push(...angles.map(Math.cos));
      if (u !== 0 || v !== 0) rows.push(...angles.map(Math.sin));
    }
  }
  return Float32Array.from(rows);
}
