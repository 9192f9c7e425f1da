import { choiceFlag, numberFlag } from "../../lib/core/usage.ts";
import type { OpenScenesOptions } from "./scene_source.ts";

const text = { type: "string" } as const;

/** Flags that name scenes, as \`parseArgs\` takes them. */
export const sceneFlags = {
  scenes: text,
  count: text,
  seed: text,
  reference: { type: "string", default: "same" },
  descriptions: text,
} as const;

/** Values of {@linkcode sceneFlags}. */
export type SceneFlags = {
  readonly [name in keyof typeof sceneFlags]?: string;
};

/**
 * Options of \`openScenes\` from flags; \`out\` is where a data set is built.
 *
 * @throws {UsageError} for what a flag does not take.
 */
export function scenesOptions(
  values: SceneFlags,
  out: string,
): OpenScenesOptions {
  const { descriptions } = values;
  const reference = choiceFlag("reference", values.reference, [
    "same",
    "other",
  ]);
  const whole = { min: 1, integer: true };
  return {
    out,
    descriptions,
    references: reference ?? "same",
    count: numberFlag("count", values.count, whole) ?? 100,
    seed: numberFlag("seed", values.seed, { min: 0, integer: true }) ?? 0,
  };
}
