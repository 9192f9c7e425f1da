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

/**
 * Loads all objects and their pictures.
 *
 * @param side longer side of the pictures, in pixels.
 */
export async function loadPocketWorld(side: number): Promise<PocketWorld> {
  const objects = await pocketObjects();
  return { objects, sprites: await loadSprites(objects, side) };
}

/** The places, in the world's list, of the objects of a split. */
export function splitOf(world: PocketWorld, split: Split): number[] {
  return world.objects.flatMap(({ heldOut }, i) =>
    split === "all" || heldOut === (split === "heldOut") ? [i] : []
  );
}
