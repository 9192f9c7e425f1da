import {
  boxMask,
  colourError,
  edgeEnergy,
  meanOver,
  squareError,
  ssimMap,
} from "../../train/pocket/rulers/picture_rulers.ts";
import type { ControlScene } from "./control_scene.ts";

/** Measures inside the box of one object. */
export interface ObjectScores {
  /** Place of the object in the world's list. */
  readonly object: number;
  /** Sum of square errors and number of values. */
  readonly error: { readonly sum: number; readonly count: number };
  readonly ssim: number;
  /** Edge energy of the picture and of the truth. */
  readonly edges: readonly [number, number];
  readonly colour: number;
  /** Whether the object is the nearest of all to its box; absent without an encoder. */
  readonly found?: boolean;
}

/** Measures of one picture. */
export interface SceneScores {
  readonly error: { readonly sum: number; readonly count: number };
  readonly ssim: number;
  readonly objects: readonly ObjectScores[];
}

/** Measures of scenes whose pictures were made from several noise seeds, one list a seed. */
export function overSeeds(
  seeds: readonly (readonly SceneScores[])[],
): SceneScores[] {
  return seeds[0]!.map((_, i) => {
    const each = seeds.map((scenes) => scenes[i]!);
    const sum = (of: (one: SceneScores) => number) =>
      each.reduce((total, one) => total + of(one), 0);
    return {
      error: {
        sum: sum(({ error }) => error.sum),
        count: sum(({ error }) => error.count),
      },
      ssim: sum(({ ssim }) => ssim) / each.length,
      objects: each.flatMap(({ objects }) => objects),
    };
  });
}

/** Measures a picture against the truth of its scene: no model is needed. */
export function scorePicture(
  picture: Float32Array,
  { picture: truth, size, objects }: ControlScene,
): SceneScores {
  const map = ssimMap(picture, truth, size);
  return {
    error: squareError(picture, truth),
    ssim: meanOver(map),
    objects: objects.map(({ index, box }) => {
      const mask = boxMask([box], size);
      return {
        object: index,
        error: squareError(picture, truth, mask),
        ssim: meanOver(map, mask),
        edges: [
          edgeEnergy(picture, size, mask),
          edgeEnergy(truth, size, mask),
        ],
        colour: colourError(picture, truth, mask),
      };
    }),
  };
}
