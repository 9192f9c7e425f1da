import type { Adapter } from "../../adapters/adapter.ts";
import type { Base } from "../../bases/base.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import type { SchedulerConfig } from "../../ddim/noise_schedule.ts";
import type { SamplerKind } from "../../ddim/sampler.ts";
import { type SamplerName, samplerNames } from "../../ddim/samplers.ts";
import { samplerOfConfig } from "../../ddim/sampler_of_config.ts";

/** Settings of a run that requests none. */
export interface ModelDefaults {
  /** Guidance scale. */
  readonly guidance: number;
  /** Steps of the sampler. */
  readonly steps: number;
}

/** The paper's 50 steps of DDIM, for models with a LocRef adapter. */
const paper = { sampler: "ddim", steps: 50 } as const;

/** Guidance that diffusers' pipelines run with. */
const usualGuidance: Readonly<Record<string, number>> = { sd: 7.5, sdxl: 5 };

/** Guidance of models that were distilled to read it. */
const guidanceInside = 8.5;

/** Steps of models that were distilled to few. */
const fewSteps = 4;

/**
 * Guidance and steps of a model: those of its own file, then the paper's with a LocRef adapter, then what
 * its scheduler config stands for.
 */
export function modelDefaults(
  { base, adapters }: DefaultParts,
): ModelDefaults {
  const { scheduler, family, reads, defaults } = base;
  const ofPaper = adapters.some(isLocref);
  const own = ofPaper ? {} : distilledDefaults(base);
  const kind = ofPaper ? undefined : samplerOfConfig(scheduler);
  return {
    guidance: reads?.guidance ? guidanceInside : usualGuidance[family] ?? 7.5,
    steps: kind?.steps ?? paper.steps,
    ...own,
    ...defaults,
  };
}

/** As much of a model as its defaults depend on. */
type DefaultParts = {
  readonly base: Base;
  readonly adapters: readonly Pick<Adapter, "kind">[];
};

function isLocref({ kind }: Pick<Adapter, "kind">): boolean {
  return kind === "locref";
}

/** Settings of models whose scheduler config shows that they were distilled to few steps. */
function distilledDefaults({ scheduler, reads }: Base): Partial<ModelDefaults> {
  const { _class_name: name, timestep_spacing, prediction_type } = scheduler;
  // Turbo and Lightning: only they predict noise and begin where all is noise
  const trailing = /^Euler(Ancestral)?DiscreteScheduler$/.test(name ?? "") &&
    timestep_spacing === "trailing" &&
    (prediction_type ?? "epsilon") === "epsilon";
  if (trailing) return { steps: fewSteps, guidance: 0 };
  const consistency = name === "LCMScheduler" || name === "TCDScheduler";
  return consistency && !reads?.guidance
    ? { steps: fewSteps, guidance: 1 }
    : {};
}

/**
 * The sampler of a run that names none: the paper's with a LocRef adapter, else that of the model's
 * scheduler config.
 *
 * @throws {LocRefError} `config-invalid` if no sampler runs that scheduler.
 */
export function defaultSampler(
  { base, adapters }: DefaultParts,
): SamplerName {
  if (adapters.some(isLocref)) return paper.sampler;
  const { scheduler, schedulerFile } = base;
  if (scheduler._class_name == null) return paper.sampler;
  const kind: SamplerKind | undefined = samplerOfConfig(scheduler);
  if (kind !== undefined) return kind.name as SamplerName;
  throw new LocRefError(
    "config-invalid",
    `File "${schedulerFile}": no sampler runs scheduler ${
      quote(scheduler._class_name)
    }: give sampler, one of ${samplerNames().join(", ")}`,
  );
}

/**
 * Makes sure that the model's prediction is known where another sampler takes the place of its own.
 *
 * @throws {LocRefError} `config-invalid` if the scheduler is not known and says nothing of it.
 */
export function checkPredictionKnown(
  scheduler: SchedulerConfig,
  file: string,
): void {
  const { _class_name: name, prediction_type: predicts } = scheduler;
  if (name == null || predicts != null || samplerOfConfig(scheduler)) return;
  throw new LocRefError(
    "config-invalid",
    `File "${file}": scheduler ${
      quote(name)
    } is not known, and prediction_type, which says what the model predicts, is missing: load the model with option prediction, "epsilon", "v_prediction" or "sample"`,
  );
}
