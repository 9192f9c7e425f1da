import { withoutUndefined } from "../core/without_undefined.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { Seeded } from "./draw_seed.ts";
import type { LoadedModel } from "./load/loaded_model.ts";
import { checkPredictionKnown, defaultSampler } from "./load/model_defaults.ts";
import type { ConditionOptions } from "./options/condition_options.ts";
import {
  chosenFusion,
  chosenSampler,
  type PictureOptions,
} from "./options/picture_options.ts";
import { renderSize } from "./prepare/render_size.ts";
import type { SteeringOptions } from "./options/steering_options.ts";
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
  | "methods"
  | keyof ConditionOptions
  | keyof SteeringOptions
  | "tiles"
  | "decoder"
>;

/** Completes the options of a run with the defaults of its model. */
export function runSettings(
  scene: SceneData,
  options: Seeded,
  model: LoadedModel,
): RunSettings {
  const { guidanceInterval, deepEvery, tiles, decoder } = options;
  const { methods, freeu, pag } = options;
  return {
    ...withoutUndefined({ guidanceInterval, deepEvery, tiles, decoder }),
    ...withoutUndefined({ methods, freeu, pag }),
    seed: options.seed ?? 0,
    steps: options.steps ?? model.defaults.steps,
    guidance: options.guidance ?? model.defaults.guidance,
    ...samplerSettings(options, model),
    size: renderSize(model, scene, options.size),
    ...withoutUndefined(conditionsOf(options)),
    fusion: withoutUndefined(chosenFusion(options) ?? {}),
  };
}

function samplerSettings(
  options: PictureOptions,
  { parts }: LoadedModel,
): Pick<RunSettings, "sampler" | "eta"> {
  const { base } = parts;
  const sampler = options.sampler ?? defaultSampler(parts);
  checkPredictionKnown(base.scheduler, base.schedulerFile);
  const { kind, options: given } = chosenSampler({ ...options, sampler });
  return {
    sampler,
    eta: { ...kind.defaults, ...given }.eta ?? 0,
  };
}

function conditionsOf(
  {
    captionTwo,
    negativeTwo,
    emptyNegative,
    clipSkip,
    captionWeights,
    longCaptions,
    sizes,
    guidanceRescale,
  }: ConditionOptions,
): ConditionOptions {
  return {
    ...{ captionTwo, negativeTwo, emptyNegative },
    ...{ clipSkip, captionWeights, longCaptions, sizes, guidanceRescale },
  };
}
