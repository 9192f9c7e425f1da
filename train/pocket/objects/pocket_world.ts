/** Objects with their pictures: all that scenes of the studio are composed of. */

import type { Layer } from "../stages/layer.ts";
import { type PocketObject, pocketObjects } from "./objects.ts";
import { loadSprites } from "./sprites.ts";

/** Objects with their pictures. */
export interface PocketWorld {
  readonly objects: readonly PocketObject[];
  readonly sprites: readonly Layer[];
}

/** Which objects may occur. */
export type Split = "training" | "heldOut" | "all";

/** Worlds by side and split: reading all pictures takes seconds. */
const loaded = new Map<string, Promise<PocketWorld>>();

/**
 * Loads the objects of a split and their pictures, once for the process.
 *
 * @param side longer side of the pictures, in pixels.
 * @param split objects that are drawn; scenes of held-out objects whose captions name no others need
 * a twentieth of all.
 */
export function loadPocketWorld(
  side: number,
  split: Split = "all",
): Promise<PocketWorld> {
  const key = `${side} ${split}`;
  const world = loaded.get(key) ?? readWorld(side, split);
  loaded.set(key, world);
  world.catch(() => loaded.delete(key));
  return world;
}

async function readWorld(side: number, split: Split): Promise<PocketWorld> {
  const all = await pocketObjects();
  const objects = all.filter((one) => isIn(one, split));
  return { objects, sprites: await loadSprites(objects, side) };
}

/** The places, in the world's list, of the objects of a split. */
export function splitOf(world: PocketWorld, split: Split): number[] {
  return world.objects.flatMap((one, i) => isIn(one, split) ? [i] : []);
}

function isIn({ heldOut }: PocketObject, split: Split): boolean {
  return split === "all" || heldOut === (split === "heldOut");
}
