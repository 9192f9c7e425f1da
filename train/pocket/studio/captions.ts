import type { Random } from "../../../lib/core/random.ts";

/** Everything that a caption says. */
export interface CaptionParts {
  /** Names of objects, those with a spot followed by it. */
  readonly things: readonly string[];
  /** Words of the ground. */
  readonly ground: string;
  /** Words of the light; empty for the plain one. */
  readonly light: string;
}

const templates = [
  (things: string, ground: string) => `${things} on ${ground} ground`,
  (things: string, ground: string) => `${things}, ${ground} ground`,
  (things: string, ground: string) => `a picture of ${things} on ${ground}`,
];

/** The words of captions beside those for objects, grounds, light and spots. */
export const templateWords: readonly string[] = [
  ...templates.map((template) => template("a", "an")),
  "and",
];

/** A caption that says what the picture shows. */
export function writeCaption(
  stream: Random,
  { things, ground, light }: CaptionParts,
): string {
  const named = things.map(withArticle).join(" and ");
  const template = templates[stream.integer(templates.length)]!;
  const words = template(named, withArticle(ground));
  return light === "" ? words : `${words}, ${light}`;
}

function withArticle(words: string): string {
  return `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;
}
