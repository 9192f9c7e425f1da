import type { LoadedModel } from "../load/loaded_model.ts";
import type { RunnerUse } from "../runners.ts";

/** The parts of a model that a scene is prepared with. */
export type PreparingModel =
  & Pick<LoadedModel, "parts" | "latentFactor" | "warnings">
  & { readonly runners: RunnerUse };

/** A model with the programs of one user. */
export function preparingModel(
  { parts, latentFactor, warnings }: LoadedModel,
  runners: RunnerUse,
): PreparingModel {
  return { parts, latentFactor, warnings, runners };
}
