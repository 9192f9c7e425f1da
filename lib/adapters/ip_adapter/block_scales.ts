/** Strengths of pictures block by block, as InstantStyle (Wang et al. 2024) uses them. */

import type { StyleBlocks } from "../../bases/base.ts";
import type { KeyValues } from "../../bases/key_values.ts";
import type { AttentionSite } from "../../bases/places.ts";
import { suggestion } from "../../core/known_keys.ts";
import { quote } from "../../core/quote.ts";
import { tensor } from "../../core/tensor.ts";

/**
 * Strengths by blocks of the denoiser, such as `{ "up_blocks.1": 1 }`. The longest name that a layer
 * lies under counts. `style` and `layout` stand for the blocks that bring those (InstantStyle), `rest`
 * for layers under no other name, which get 0 without it.
 */
export type BlockScales = Readonly<Record<string, number>>;

/** The strength of pictures in the layer of this path. */
export function blockScale(path: string, scales: BlockScales): number {
  const names = Object.keys(scales).filter((name) =>
    path === name || path.startsWith(`${name}.`)
  );
  const longest = names.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? scales.rest ?? 0 : scales[longest]!;
}

/**
 * Strengths with the blocks of a base in the place of `style` and `layout`. A block that has a name of
 * its own keeps its strength.
 *
 * @throws {RangeError} if no block of the base is known to bring one of them.
 */
export function namedBlocks(
  { style, layout, ...named }: BlockScales,
  known: StyleBlocks | undefined,
  sites: readonly Pick<AttentionSite, "path">[],
): BlockScales {
  const attends = (block: string) =>
    sites.some(({ path }) => path.startsWith(`${block}.`));
  const found: Record<string, number> = {};
  for (const [role, scale] of Object.entries({ style, layout })) {
    if (scale === undefined) continue;
    const blocks = known?.[role as keyof StyleBlocks];
    if (!blocks?.every(attends)) {
      throw new RangeError(
        `Fusion option blocks names ${
          quote(role)
        }, and which block of the model brings it is not known: name the block, such as "up_blocks.1"`,
      );
    }
    for (const block of blocks) found[block] = scale;
  }
  return { ...found, ...named };
}

/**
 * Makes sure that every name is that of a block with attention to text.
 *
 * @throws {RangeError} naming the block, and the one that was probably meant.
 */
export function checkBlocks(
  scales: BlockScales,
  sites: readonly Pick<AttentionSite, "path">[],
): void {
  const known = new Set(["rest"].concat(sites.flatMap(({ path }) => {
    const parts = path.split(".");
    return parts.map((_, i) => parts.slice(0, i + 1).join("."));
  })));
  // whole blocks before their parts
  const names = ["style", "layout", ...known].sort((a, b) =>
    a.split(".").length - b.split(".").length
  );
  for (const name of Object.keys(scales)) {
    if (known.has(name)) continue;
    throw new RangeError(
      `Fusion option blocks names ${
        quote(name)
      }, which is no block of the model that attends to text${
        suggestion(name, names)
      }`,
    );
  }
}

/**
 * Keys and values of pictures with the strengths of blocks. Attention is linear in its values, so
 * that the graph stays as it is.
 *
 * @param sites The cross-attention layers, in their order.
 */
export function scaleBlocks(
  layers: KeyValues,
  sites: readonly Pick<AttentionSite, "path">[],
  scales: BlockScales,
): KeyValues {
  return layers.map(({ k, v }, i) => {
    const scale = blockScale(sites[i]!.path, scales);
    const data = Float32Array.from(v.data, (value) => value * scale);
    return { k, v: tensor(v.shape, data) };
  });
}
