/** References from other pictures of the same class. */

import { hashFraction } from "../../../lib/core/files/hash.ts";
import type { PictureOptions } from "../options.ts";
import type { PlannedShard } from "./plan.ts";
import type {
  PictureSource,
  SourceInstance,
  SourcePicture,
} from "../sources/source.ts";

/** An instance in another picture that may lend its look. */
export interface Donor {
  /** The picture that it is in. */
  readonly picture: SourcePicture;
  /** The annotation's id. */
  readonly id: string;
}

/** The donors of a picture's instances, best first, by the instance's id. */
export type PictureDonors = ReadonlyMap<string, readonly Donor[]>;

/** Finds donors. */
export type FindDonors = (index: number) => Promise<PictureDonors>;

/** How many are tried before the instance's own look is taken. */
const tries = 4;

/** Picture and instance, as indices into the source. */
interface Place {
  readonly picture: number;
  readonly id: string;
}

/**
 * Reads all annotations once and returns a function that finds the donors of a picture: instances
 * of the same class in other pictures of the same split, in an order that depends only on
 * `seed` and the instance.
 */
export async function openDonors(
  source: PictureSource,
  plan: readonly PlannedShard[],
  options: PictureOptions & { readonly seed: number },
): Promise<FindDonors> {
  const splits = new Map<number, string>();
  const places = new Map<string, Place[]>();
  for (const { split, pictures } of plan) {
    for (const index of pictures) {
      splits.set(index, split);
      const picture = await source.read(index);
      for (const instance of picture.instances) {
        if (!mayLend(instance, picture, options)) continue;
        const name = `${split}:${instance.category}`;
        const list = places.get(name) ?? [];
        places.set(name, list);
        list.push({ picture: index, id: instance.id });
      }
    }
  }
  return async (index) => {
    const picture = await source.read(index);
    const donors = new Map<string, Donor[]>();
    for (const { id, category } of picture.instances) {
      const among = places.get(`${splits.get(index)}:${category}`) ?? [];
      const start = hashFraction(`${options.seed}:${picture.id}:${id}`);
      const chosen = choose(among, index, start);
      donors.set(
        id,
        await Promise.all(chosen.map(async (place) => ({
          picture: await source.read(place.picture),
          id: place.id,
        }))),
      );
    }
    return donors;
  };
}

/** Whether the annotations allow an instance as a donor; its picture is checked later. */
function mayLend(
  { unfit, box: [x0, y0, x1, y1], category }: SourceInstance,
  { unit, width, height }: SourcePicture,
  { classes, minArea }: PictureOptions,
): boolean {
  if (unfit !== undefined || classes?.includes(category) === false) {
    return false;
  }
  const whole = unit === "fraction" ? 1 : (width ?? NaN) * (height ?? NaN);
  return !((x1 - x0) * (y1 - y0) < minArea * whole);
}

/** Some places in other pictures, from a fraction of the list on. */
function choose(
  among: readonly Place[],
  picture: number,
  start: number,
): Place[] {
  const chosen: Place[] = [];
  const first = Math.floor(start * among.length);
  for (let i = 0; i < among.length && chosen.length < tries; i++) {
    const place = among[(first + i) % among.length]!;
    if (place.picture !== picture) chosen.push(place);
  }
  return chosen;
}
