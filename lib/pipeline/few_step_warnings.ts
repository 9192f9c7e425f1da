import { counted } from "../core/counted.ts";
import type { PredictionType } from "../ddim/noise_schedule.ts";
import type { SamplerChoice } from "../ddim/samplers.ts";
import { quote } from "../core/quote.ts";
import {
  type FewStepKind,
  fewStepModels,
  fewStepsOf,
  settingsOf,
} from "../weights/identify/few_steps.ts";

/** Settings of a run, as far as distilled models depend on them. */
export interface FewStepRun {
  readonly sampler: SamplerChoice;
  readonly steps: number;
  readonly guidance: number;
  /** Whether timesteps begin where all is noise. */
  readonly trailing: boolean;
  /** Kind of the model's prediction. @default {not looked at} */
  readonly predicts?: PredictionType;
}

/** The runs that a kind of distilled model is made for. */
interface Fit {
  readonly samplers: readonly string[];
  /** Samplers among them that must begin where all is noise. */
  readonly trailing: readonly string[];
  readonly steps: number;
  readonly guidance: number;
}

const fits: Readonly<Record<FewStepKind, Fit>> = {
  turbo: {
    samplers: ["euler", "euler-a", "lcm"],
    trailing: ["euler", "euler-a"],
    steps: 8,
    guidance: 2,
  },
  lightning: {
    samplers: ["euler"],
    trailing: ["euler"],
    steps: 10,
    guidance: 2,
  },
  lcm: { samplers: ["lcm"], trailing: [], steps: 10, guidance: 2.5 },
  hyper: {
    samplers: ["ddim", "tcd", "lcm"],
    trailing: ["ddim"],
    steps: 10,
    guidance: 2,
  },
  tcd: { samplers: ["tcd"], trailing: [], steps: 16, guidance: 2 },
  pcm: {
    samplers: ["tcd", "ddim", "lcm"],
    trailing: ["ddim"],
    steps: 16,
    guidance: 2,
  },
};

/** Guidance that models which read it were trained with. */
const readGuidance = { from: 3, to: 13 };

/**
 * Doubts about a run on models and LoRAs whose names say that they were distilled to few steps: with
 * other settings they give noise or blur. One sentence each.
 *
 * @param names Names or paths of the model and its LoRAs.
 * @param guided Whether guidance blends two predictions; a UNet that reads it does not.
 */
export function fewStepWarnings(
  names: readonly string[],
  run: FewStepRun,
  guided = true,
): string[] {
  return names.flatMap((name) => {
    const found = fewStepsOf(name);
    if (
      found?.predicts && run.predicts && found.predicts !== run.predicts
    ) {
      return [
        `${
          quote(name)
        } is ${found.name}'s by its name and predicts x₀, and this run takes it to predict ${
          run.predicts === "epsilon" ? "noise" : "v"
        }: load it with prediction "sample"`,
      ];
    }
    if (found === undefined || suits(fits[found.kind], run, guided)) return [];
    return [
      `${quote(name)} is ${found.name}'s by its name, made for ${
        guided ? found.settings : readingSettings(found.kind, found.steps)
      }, and this run takes ${inWords(run)}: see option recipe`,
    ];
  });
}

/** Fitting settings of a model that reads the guidance instead of blending predictions. */
function readingSettings(kind: FewStepKind, steps?: number): string {
  const models = fewStepModels.find((one) => one.kind === kind)!;
  const { from, to } = readGuidance;
  const guidance = `guidance ${from} to ${to}, which the model reads`;
  return settingsOf({ ...models, words: { ...models.words, guidance } }, steps);
}

/** Doubt about options that are given beside a recipe and take the place of its own. */
export function recipeWarnings(
  recipe: string | undefined,
  run: FewStepRun,
  guided = true,
): string[] {
  const kind = recipe?.split("-")[0];
  const found = fewStepModels.find((one) => one.kind === kind);
  if (found === undefined || suits(fits[found.kind], run, guided)) return [];
  return [
    `Recipe ${quote(recipe!)} is ${found.name}'s, made for ${
      guided ? settingsOf(found) : readingSettings(found.kind)
    }, and options beside it make this run take ${inWords(run)}`,
  ];
}

function inWords({ sampler, steps, guidance, trailing }: FewStepRun): string {
  const name = typeof sampler === "string" ? sampler : sampler.name;
  return `sampler ${quote(name)}${
    trailing ? " with trailing timesteps" : ""
  }, ${counted(steps, "step")}, guidance ${guidance}`;
}

function suits(fit: Fit, run: FewStepRun, guided: boolean): boolean {
  const name = typeof run.sampler === "string" ? run.sampler : run.sampler.name;
  const { from, to } = guided ? { from: 0, to: fit.guidance } : readGuidance;
  return fit.samplers.includes(name) &&
    (run.trailing || !fit.trailing.includes(name)) &&
    run.steps <= fit.steps && run.guidance >= from && run.guidance <= to;
}

/** Doubt about a single step that begins at timestep 0, as spacing linspace lays it out. */
export function singleStepWarnings(
  { timesteps }: { readonly timesteps: readonly number[] },
): string[] {
  if (timesteps.length !== 1 || timesteps[0]! > 0) return [];
  return [
    'One step in spacing "linspace" begins at timestep 0, where models expect no noise, as in diffusers: set spacing "trailing" of the sampler',
  ];
}
