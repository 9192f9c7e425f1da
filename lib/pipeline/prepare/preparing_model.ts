import type { LoadedModel } from "../load/loaded_model.ts";
import type { RunnerUse } from "../programs/runner_use.ts";

/** The parts of a model that a scene is prepared with. */
export type PreparingModel =
  & Pick<LoadedModel, "parts" | "latentFactor" | "warnings">
  & {
    /** For what runs before the first step alone. */
    readonly runners: RunnerUse;
    /** For what runs in every step. */
    readonly stepRunners: RunnerUse;
  };

/** A model with the programs of one user, and those that it keeps while it takes steps. */
export function preparingModel(
  { parts, latentFactor, warnings }: LoadedModel,
  runners: RunnerUse,
  stepRunners: RunnerUse,
): PreparingModel {
  return { parts, latentFactor, warnings, runners, stepRunners };
}
