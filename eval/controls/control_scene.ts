import { type Random, random } from "../../lib/core/random.ts";
import type { Size } from "../../lib/core/geometry.ts";
import {
  drawStudioGround,
  drawStudioScene,
  type StudioScene,
  studioSprites,
} from "../../train/pocket/studio/studio_scene.ts";
import {
  loadPocketWorld,
  type PocketWorld,
} from "../../train/pocket/objects/pocket_world.ts";

/** A scene of held-out objects, with what controls are made of. */
export interface ControlScene extends StudioScene {
  /** The ground in its light, without objects: all that the caption says of it. */
  readonly empty: Float32Array;
}

/** Scenes and the world that they come from. */
export interface ControlScenes {
  readonly world: PocketWorld;
  readonly scenes: readonly ControlScene[];
}

/** Options of {@linkcode controlScenes}. */
export interface ControlScenesOptions {
  readonly seed: number;
  readonly count: number;
  /** Sizes in pixels, which scenes take in turns. */
  readonly sizes: readonly Size[];
  /** Size of objects, of the usual. @default {1} */
  readonly objectScale?: number;
}

/** Draws scenes of held-out objects, the same for the same seed. */
export async function controlScenes(
  { seed, count, sizes, objectScale }: ControlScenesOptions,
): Promise<ControlScenes> {
  const world = await loadPocketWorld(studioSprites);
  const one = (stream: () => Random, size: Size): ControlScene => {
    const options = { split: "heldOut", size, objectScale } as const;
    return {
      ...drawStudioScene(world, stream(), options),
      empty: drawStudioGround(world, stream(), options),
    };
  };
  const scenes = Array.from(
    { length: count },
    (_, i) => one(() => random(seed, "controls", i), sizes[i % sizes.length]!),
  );
  return { world, scenes };
}
