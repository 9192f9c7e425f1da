/** Perturbed-attention guidance (Ahn et al. 2024): away from what a denoiser without its own layout sees. */

import type { AdapterGraph } from "../../bases/hooks.ts";
import type { AttentionSite } from "../../bases/places.ts";
import { suggestion } from "../../core/known_keys.ts";
import { quote } from "../../core/quote.ts";

/** Settings of perturbed-attention guidance. */
export interface PagSettings {
  /** Weight of the difference, from 0, which switches it off; its authors use 3. */
  readonly scale: number;
  /** Blocks whose self-attention is perturbed, such as `up_blocks.0`. @default {["mid_block"]} */
  readonly blocks?: readonly string[];
}

/** Blocks whose self-attention is perturbed unless a run names others. */
const middle: readonly string[] = ["mid_block"];

/**
 * The denoiser with the identity in place of the self-attention of some blocks. It stands before all
 * other adapters, since those may put keys and values of other places beside the layer's own.
 */
export function perturbedGraph(
  { blocks = middle }: Pick<PagSettings, "blocks">,
): AdapterGraph {
  return {
    prefix: `perturbed_${[...blocks].sort().join("+")}`,
    acts: ["self"],
    hooks: () => ({
      // every place attends to itself alone
      self: ({ path }, parts) =>
        blocks.some((name) => liesIn(path, name))
          ? { ...parts, mixed: parts.v }
          : parts,
    }),
  };
}

/**
 * Makes sure that every block has self-attention.
 *
 * @throws {RangeError} naming the block, and the one that was probably meant.
 */
export function checkPerturbed(
  { blocks }: Pick<PagSettings, "blocks">,
  sites: readonly AttentionSite[],
): void {
  const paths = sites.filter(({ kind }) => kind === "self")
    .map(({ path }) => path);
  const known = new Set(paths.flatMap((path) => {
    const parts = path.split(".");
    return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join("."));
  }));
  if (paths.length > 0) known.add(paths[0]!);
  for (const name of blocks ?? middle) {
    if (paths.some((path) => liesIn(path, name))) continue;
    const names = [...known].sort((a, b) => a.length - b.length);
    const why = blocks === undefined
      ? `of the model has no self-attention: name others with { pag: { scale, blocks } }`
      : `is no block of the model that attends to itself`;
    throw new RangeError(
      `Option pag: block ${quote(name)} ${why}${suggestion(name, names)}`,
    );
  }
}

function liesIn(path: string, block: string): boolean {
  return path === block || path.startsWith(`${block}.`);
}
