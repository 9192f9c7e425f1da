import { pocketObjects } from "../../../train/pocket/objects/objects.ts";
import type { PocketWorld } from "../../../train/pocket/objects/pocket_world.ts";
import { loadSprites } from "../../../train/pocket/objects/sprites.ts";

/**
 * A tenth of the pocket world: all objects that are held out and as many of training. Reading the
 * pictures of all takes seconds.
 *
 * @param side longer side of the pictures, in pixels.
 */
export async function smallWorld(side: number): Promise<PocketWorld> {
  const all = await pocketObjects();
  const objects = all.filter((_, i) => i % 10 === 9);
  return { objects, sprites: await loadSprites(objects, side) };
}
