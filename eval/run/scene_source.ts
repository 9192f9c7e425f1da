/** The scenes of an evaluation, whatever they come from. */

import type { Raster } from "../../lib/images/raster.ts";
import type { SceneData } from "../../lib/scene_data/scene_data.ts";

/** One scene to make a picture of. */
export interface EvaluationScene {
  /** Name of its files. */
  readonly key: string;
  /** References cut out, where there is something to cut them out by. */
  readonly cutOut: SceneData;
  /** References with what lies around them. */
  readonly withBackground: SceneData;
  /** Class of each instance, where it is known. */
  readonly categories: readonly (string | undefined)[];
  /** Words for each instance, where they say more than its class. */
  readonly phrases?: readonly string[];
  /** Folder that the scene's relative paths start from. */
  readonly folder?: string;
  /** The real picture, where there is one: its scores are the ceiling. */
  readonly truth?: Raster;
  /** Its objects in one colour each, where they are drawn: a control of rulers that see no class. */
  readonly silhouettes?: Raster;
}

/** Scenes, read on request. */
export interface SceneSource {
  /** Changes with the files that the scenes come from; absent where there are none. */
  readonly version?: string;
  readonly keys: readonly string[];
  /** Whether the scenes are of a small world, whose scores cannot be set beside the paper's. @default {false} */
  readonly closed?: boolean;
  /** Reads scene `index`. */
  read(index: number): Promise<EvaluationScene>;
}

/** Options of `openScenes`. */
export interface OpenScenesOptions {
  /** Most scenes; the first ones by key. */
  readonly count: number;
  /** Seed of scenes that are drawn. */
  readonly seed: number;
  /** Where a data set is built from annotations. */
  readonly out: string;
  /** Whether references show the instance itself or another of its class, in data sets that are built. */
  readonly references: "same" | "other";
  /** Options of the source of annotations, such as OpenImages' `descriptions`. @default {none} */
  readonly annotations?: Readonly<Record<string, unknown>>;
}
