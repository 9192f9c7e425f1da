/** Which flags of editing go together. */

import { flagOf } from "../lib/core/command/option.ts";
import { UsageError } from "../lib/core/command/usage.ts";

/** Options that begin on a picture, of which one at most is given. */
const beginnings = [
  "init",
  "inpaint",
  "on",
  "again",
  "without",
] as const;

/** Options that go with others, which one of must be given beside them. */
const goesWith: Readonly<Record<string, readonly string[]>> = {
  mask: ["inpaint"],
  instance: ["inpaint"],
  feather: ["inpaint", "on", "again", "without"],
  padding: ["inpaint", "on"],
  strength: ["init", "inpaint", "again", "without"],
  harmonize: ["on"],
  margin: ["again", "without"],
  reference: ["again"],
  box: ["again"],
  caption: ["again"],
  canny: ["control"],
  styleImage: ["style"],
  styleSeed: ["style"],
};

/** Options whose names people try for what a scene's file holds. */
const ofScenes = ["reference", "box", "caption"];

/** Advice where two beginnings are given. */
const advice: Readonly<Record<string, string>> = {
  "init inpaint": "--inpaint takes --strength, too",
  "again without": "paint on the picture twice, one after the other",
};

/**
 * Makes sure that flags of editing go together.
 *
 * @throws {UsageError} if one would do nothing, since the one that it goes with is missing, or if two
 * contradict each other.
 */
export function checkCompany(values: Readonly<Record<string, unknown>>): void {
  const isGiven = (name: string) => {
    const value = values[name];
    return Array.isArray(value)
      ? value.length > 0
      : value !== undefined && value !== false;
  };
  const [first, second] = beginnings.filter(isGiven);
  for (const [name, others] of Object.entries(goesWith)) {
    if (!isGiven(name) || others.some(isGiven)) continue;
    if (name === "strength" && isGiven("on")) {
      throw new UsageError(
        "Option --strength is not for --on, which takes --harmonize",
      );
    }
    throw new UsageError(
      `Option ${flagOf(name)} goes with ${
        others.map(flagOf).join(" or ")
      }, which is missing${
        ofScenes.includes(name) ? ": a scene's own stands in its file" : ""
      }`,
    );
  }
  if (first !== undefined && second !== undefined) {
    throw new UsageError(
      `Options ${flagOf(first)} and ${
        flagOf(second)
      } both begin on a picture: ${
        advice[`${first} ${second}`] ?? "give one of them"
      }`,
    );
  }
  if (first === "inpaint" && !isGiven("mask") && !isGiven("instance")) {
    throw new UsageError(
      "Option --inpaint needs --mask or --instance, which say what is painted anew",
    );
  }
}
