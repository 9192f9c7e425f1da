import type { AttentionSite, Places } from "../bases/places.ts";

/**
 * The layers whose attention guides latents: those of the middle and of the first block on the way up
 * that attends, where attention decides on the layout.
 */
export function guidedLayers({ sites }: Places): readonly AttentionSite[] {
  const up = sites
    .map(({ path }) => /^up_blocks\.\d+\./.exec(path)?.[0])
    .filter((block) => block !== undefined)
    .sort()[0];
  return sites.filter(({ path }) =>
    path.startsWith("mid_block.") ||
    (up !== undefined && path.startsWith(up))
  );
}
