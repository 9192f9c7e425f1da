/** Other systems as columns: which one, and what its model is loaded from. */

import { methodNames } from "../../../lib/adapters/method_options.ts";
import type { Adapter } from "../../../lib/adapters/adapter.ts";
import { locrefAmong } from "../../../lib/adapters/locref/locref_file.ts";
import type { LoadOptions } from "../../../lib/pipeline/options/load_options.ts";

/** Names of the systems whose adapters are known. */
export const systemNames: readonly string[] = [
  "locref",
  "ip-adapter",
  ...methodNames(),
];

/** Parts of a model that a runner may have for itself. */
export const runnerParts = [
  "base",
  "unet",
  "vae",
  "textEncoder",
  "textEncoder2",
  "imageEncoder",
  "variant",
] as const;

/** A column with a model of its own: the same scenes, with another adapter. */
export interface RunnerChoice {
  /** Name of its column. The adapter of a system's name must be that system's. */
  readonly name: string;
  /** Files of its adapters, or names of those without a file. */
  readonly adapters: readonly string[];
  /** The model that they act on. @default {the run's} */
  readonly model?: string;
  /** Parts in the place of the model's. @default {the run's, where the model is} */
  readonly parts: Pick<LoadOptions, (typeof runnerParts)[number]>;
  /** Number of steps. @default {the run's} */
  readonly steps?: number;
  /** Guidance scale. @default {the run's} */
  readonly guidance?: number;
}

/** The system that an adapter belongs to, by its name. */
export function systemOf(adapter: Adapter): string {
  const file = locrefAmong([adapter]);
  return file !== undefined && file.shape.kind !== "locref"
    ? "ip-adapter"
    : adapter.kind;
}
