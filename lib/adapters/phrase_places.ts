/** Which tokens of a caption are whose, for adapters that find instances by the words that name them. */

import { LocRefError } from "../core/error.ts";
import { quote } from "../core/quote.ts";
import { instanceName } from "../scene_data/instance_name.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { AdapterRun } from "./adapter.ts";
import { instancePhrases } from "./instance_phrases.ts";

/** First and last token of a phrase. */
export interface PhrasePlace {
  readonly first: number;
  readonly last: number;
}

/**
 * The place of each phrase within a caption. Longer phrases choose first, so that "a black cat" leaves
 * the other cat to "a cat"; equal ones take one occurrence after the other. `undefined` where there is
 * none left.
 *
 * @param caption Ids with start and end, as of each phrase.
 */
export function phrasePlaces(
  caption: readonly number[],
  phrases: readonly (readonly number[])[],
): (PhrasePlace | undefined)[] {
  const taken = new Set<number>();
  const places: (PhrasePlace | undefined)[] = phrases.map(() => undefined);
  const order = [...phrases.keys()].sort((a, b) =>
    phrases[b]!.length - phrases[a]!.length
  );
  for (const i of order) {
    const own = phrases[i]!.slice(1, -1);
    const first = caption.findIndex((_, at) =>
      own.length > 0 &&
      own.every((id, j) => caption[at + j] === id && !taken.has(at + j))
    );
    if (first < 0) continue;
    own.forEach((_, j) => taken.add(first + j));
    places[i] = { first, last: first + own.length - 1 };
  }
  return places;
}

/** Options of {@linkcode wordPlaces}. */
export interface WordPlacesOptions {
  /** The adapter in messages. */
  readonly reader: string;
  /** Most instances that it takes. */
  readonly most: number;
}

/**
 * The tokens of each instance's caption within the scene's.
 *
 * @throws {LocRefError} `scene-invalid` if an instance has no caption, or the scene's does not hold it.
 */
export function wordPlaces(
  data: SceneData,
  { base, reading }: Pick<AdapterRun, "base" | "reading">,
  { reader, most }: WordPlacesOptions,
): PhrasePlace[] {
  const phrases = instancePhrases(data, reader, most);
  if (reading.weighting !== undefined) {
    throw new LocRefError(
      "scene-invalid",
      `Option captionWeights is ${
        quote(reading.weighting)
      }, and ${reader} finds instances by words of the caption, which brackets would move: leave one of them out`,
    );
  }
  const idsOf = (text: string) => base.textIds?.(text) ?? [];
  const places = phrasePlaces(idsOf(data.caption), phrases.map(idsOf));
  return places.map((place, i) => {
    if (place !== undefined) return place;
    throw new LocRefError(
      "scene-invalid",
      `${instanceName(data.instances[i]!, i)} has the caption ${
        quote(phrases[i])
      }, which the scene's caption ${
        quote(data.caption)
      } does not hold as often as instances do, and ${reader} finds instances by those words`,
    );
  });
}
