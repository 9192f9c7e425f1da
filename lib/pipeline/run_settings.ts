import type { SceneData } from "../scene_data/scene_data.ts";
import type { Seeded } from "./draw_seed.ts";
import type { LoadedModel } from "./load/loaded_model.ts";
import {
  chosenFusion,
  chosenSampler,
  type PictureOptions,
} from "./options/picture_options.ts";
import { renderSize } from "./prepare/render_size.ts";
import type { Provenance } from "./provenance/provenance.ts";

/** The settings of a run, as its provenance holds them. */
export type RunSettings = Pick<
  Provenance,
  | "seed"
  | "steps"
  | "guidance"
  | "guidanceInterval"
  | "deepEvery"
  | "sampler"
  | "eta"
  | "size"
  | "fusion"
>;

/** Completes the options of a run with the defaults of its model. */
export function runSettings(
  scene: SceneData,
  options: Seeded,
  model: LoadedModel,
): RunSettings {
  const { guidanceInterval, deepEvery } = options;
  return {
    ...withoutUndefined({ guidanceInterval, deepEvery }),
    seed: options.seed ?? 0,
    steps: options.steps ?? model.defaults.steps,
    guidance: options.guidance ?? model.defaults.guidance,
    ...samplerSettings(options),
    size: renderSize(model, scene, options.size),
    fusion: withoutUndefined(chosenFusion(options)),
  };
}

function samplerSettings(
  options: PictureOptions,
): Pick<RunSettings, "sampler" | "eta"> {
  const { kind, options: given } = chosenSampler(options);
  return {
    sampler: options.sampler ?? "ddim",
    eta: { ...kind.defaults, ...given }.eta ?? 0,
  };
}

function withoutUndefined<V extends object>(value: V | undefined): V {
  const entries = Object.entries(value ?? {}).filter(([, entry]) =>
    entry !== undefined
  );
  return Object.fromEntries(entries) as V;
}
