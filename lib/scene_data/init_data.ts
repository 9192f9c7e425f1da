import { LocRefError } from "../core/error.ts";
import type { FractionBox } from "../core/geometry.ts";
import { belongs, type Kind, number, seed, whole } from "../core/kinds.ts";
import { mustBe } from "../core/check_options.ts";
import { box, resolveBox } from "./box.ts";

/** A picture that a scene begins on, and what of it is painted anew. */
export interface InitData {
  /** Path or URL of the picture. */
  readonly image: string;
  /** How much of the run is taken, above 0 to 1. */
  readonly strength: number;
  /** Seed by which the VAE's posterior is sampled; its mean where absent. */
  readonly seed?: number;
  /** Path or URL of a mask: white is painted anew, black is kept. */
  readonly mask?: string;
  /** Boxes that are painted anew. */
  readonly boxes?: readonly FractionBox[];
  /**
   * Places beside the boxes that are painted anew, too, as far as no box of an instance begins there:
   * where an object that moved or went cast its shadow.
   */
  readonly freed?: readonly FractionBox[];
  /** Whether the boxes of all instances are painted anew, their references standing in the picture. */
  readonly instances?: boolean;
  /** Width of the blend between painted and kept, in pixels of the picture. */
  readonly feather?: number;
  /** Pixels around the mask: only this part is painted, at the model's full resolution. */
  readonly padding?: number;
}

/** Whether only a part of the picture is painted anew. */
export function isInpainting(
  init: Pick<InitData, "mask" | "boxes" | "instances">,
): boolean {
  return init.mask !== undefined || init.boxes !== undefined ||
    init.instances === true;
}

/** Strength of image to image. */
const usualStrength = 0.6;

const pixels = whole({ min: 0, max: 4096 });

/** Ranges of the numbers. */
export const initKinds: Readonly<Record<string, Kind>> = {
  strength: {
    ...number({ min: 0, max: 1 }),
    must: "a number above 0, up to 1",
    allows: (value: number) => value > 0 && value <= 1,
  },
  seed,
  feather: pixels,
  padding: pixels,
};

/** Settings of a mask would be left out in silence where there is none. */
function checkMasked(given: Omit<InitData, "strength">): void {
  if (given.freed !== undefined && given.boxes === undefined) {
    throw new LocRefError(
      "scene-invalid",
      "Picture to begin on: freed are places around boxes, and there are none: give boxes, or leave freed out",
    );
  }
  if (isInpainting(given)) return;
  for (const key of ["padding", "feather"] as const) {
    if (given[key] === undefined) continue;
    throw new LocRefError(
      "scene-invalid",
      `Picture to begin on: ${key} is ${
        given[key]
      }, which goes around a mask, and there is none`,
    );
  }
}

function checkBoxes(given: Pick<InitData, "boxes" | "freed">): void {
  for (const key of ["boxes", "freed"] as const) {
    const boxes = given[key];
    if (boxes === undefined) continue;
    const name = `Picture to begin on: ${key}`;
    if (boxes.length === 0) {
      throw new LocRefError(
        "scene-invalid",
        `${name} holds no box, and boxes are painted anew: give one at least, or leave ${key} out`,
      );
    }
    boxes.forEach(({ x0, y0, x1, y1 }, i) => {
      resolveBox(box.fraction(x0, y0, x1, y1), undefined, `${name}[${i}]`);
    });
  }
}

/**
 * A picture to begin on with its defaults filled in: strength 0.6, and 1 where only a part is painted.
 *
 * @throws {LocRefError} `scene-invalid` if a value is out of range.
 */
export function completeInit(
  given: Omit<InitData, "strength"> & { strength?: number },
): InitData {
  for (const [key, kind] of Object.entries(initKinds)) {
    const value: unknown = given[key as keyof typeof given];
    if (value === undefined || belongs(value, kind)) continue;
    throw new LocRefError(
      "scene-invalid",
      `Picture to begin on: ${key} ${mustBe(value, kind)}`,
    );
  }
  checkMasked(given);
  checkBoxes(given);
  const strength = given.strength ?? (isInpainting(given) ? 1 : usualStrength);
  const { image, ...rest } = given;
  return { image, ...rest, strength };
}
