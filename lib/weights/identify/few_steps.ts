/** Models that were distilled to few steps, known by their names alone: shapes do not show it. */

import { counted } from "../../core/counted.ts";

/** Kinds of distillation. */
export type FewStepKind =
  | "lcm"
  | "lightning"
  | "hyper"
  | "tcd"
  | "turbo"
  | "pcm";

/** A model of few steps, with the settings that it is made for. */
export interface FewSteps {
  readonly kind: FewStepKind;
  /** Name in messages. */
  readonly name: string;
  /** Number of steps, where the name says it. */
  readonly steps?: number;
  /** Kind of its prediction, where the name says it. */
  readonly predicts?: "sample";
  /** Fitting settings, in words. */
  readonly settings: string;
}

/** A sampler with its options, as a run takes them. */
export type FewStepSampler = SamplerName | {
  readonly name: SamplerName;
  readonly spacing?: "trailing";
  readonly eta?: number;
};

type SamplerName = "ddim" | "euler" | "euler-a" | "lcm" | "tcd";

/** A kind of distillation: how its models are named and what they are run with. */
export interface FewStepModels {
  readonly kind: FewStepKind;
  /** Name in messages. */
  readonly name: string;
  /** The kind in the names of its files. */
  readonly pattern: RegExp;
  /** The usual sampler. */
  readonly sampler: FewStepSampler;
  /** Numbers of steps of its recipes. @default {none} */
  readonly counts?: readonly number[];
  /** Guidance of its recipes. */
  readonly guidance: number;
  /** Another sampler, and the number of steps of its recipe, if it is one. */
  readonly other?: {
    readonly sampler: FewStepSampler;
    readonly count?: number;
  };
  /** Usual numbers of steps and guidance, in words. */
  readonly words: { readonly steps: string; readonly guidance: string };
}

const eulerTrailing = { name: "euler", spacing: "trailing" } as const;
const ancestralTrailing = { name: "euler-a", spacing: "trailing" } as const;
const ddimTrailing = { name: "ddim", spacing: "trailing" } as const;

/** Every kind, in the order in which a name is compared with them. */
export const fewStepModels: readonly FewStepModels[] = [
  {
    kind: "lightning",
    name: "Lightning",
    pattern:
      /sdxl[ _-]?lightning|lightning[ _-]?(\d|lora|unet|xl)|(xl|\d ?steps?)[ _-]lightning/,
    sampler: eulerTrailing,
    counts: [2, 4, 8],
    guidance: 0,
    words: { steps: "4 steps", guidance: "guidance 1" },
  },
  {
    kind: "hyper",
    name: "Hyper-SD",
    pattern: /hyper[ _-]?sd/,
    sampler: ddimTrailing,
    other: { sampler: "tcd", count: 1 },
    counts: [2, 4, 8],
    guidance: 0,
    words: {
      steps: "1 to 8 steps, as in the file's name",
      guidance: "guidance 1",
    },
  },
  {
    kind: "tcd",
    name: "TCD",
    pattern: /(^|[^a-z])tcd([^a-z]|$)/,
    sampler: { name: "tcd", eta: 0.3 },
    counts: [4, 8],
    guidance: 0,
    words: { steps: "4 to 8 steps", guidance: "guidance 1" },
  },
  {
    kind: "pcm",
    name: "PCM",
    pattern: /(^|[^a-z])pcm([^a-z]|$)/,
    sampler: "tcd",
    other: { sampler: ddimTrailing },
    guidance: 0,
    words: { steps: "4 to 8 steps", guidance: "guidance up to 1.2" },
  },
  {
    kind: "lcm",
    name: "LCM",
    pattern: /(^|[^a-z])lcm([^a-z]|$)/,
    sampler: "lcm",
    counts: [4, 8],
    guidance: 1,
    words: { steps: "4 to 8 steps", guidance: "guidance 1 to 2" },
  },
  {
    kind: "turbo",
    name: "Turbo",
    pattern: /(^|[^a-z])turbo([^a-z]|$)/,
    sampler: ancestralTrailing,
    counts: [1, 2, 4],
    guidance: 0,
    words: { steps: "1 to 4 steps", guidance: "guidance 1" },
  },
];

function samplerInWords(sampler: FewStepSampler): string {
  if (typeof sampler === "string") return `"${sampler}"`;
  const { name, spacing, eta } = sampler;
  const trailing = spacing === undefined ? "" : ` with ${spacing} timesteps`;
  return `"${name}"${trailing}${eta === undefined ? "" : ` with eta ${eta}`}`;
}

/** The samplers of a kind: `sampler "euler" with trailing timesteps`. */
function samplersInWords({ sampler, other }: FewStepModels): string {
  const first = `sampler ${samplerInWords(sampler)}`;
  if (other === undefined) return first;
  return other.count === 1
    ? `${first} (${samplerInWords(other.sampler)} for one step)`
    : `${first}, or ${samplerInWords(other.sampler)}`;
}

/** Metadata that names a model. */
const titles = ["ss_output_name", "modelspec.title"];

/**
 * Whether a file is of few steps, by its path and its own notes.
 *
 * @param path The last three parts are looked at: file, folder and repository.
 */
export function fewStepsOf(
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): FewSteps | undefined {
  const own = path.split(/[\\/]/).slice(-3).join(" ");
  const text = [own, ...titles.map((key) => metadata[key] ?? "")].join(" ")
    .toLowerCase();
  const found = fewStepModels.find(({ pattern }) => pattern.test(text));
  if (found === undefined) return undefined;
  const { kind, name } = found;
  const number = /(\d+)[ _-]?steps?/.exec(text)?.[1];
  const steps = number === undefined ? undefined : Number(number);
  const predicts = /[ _-]x0([^a-z0-9]|$)/.test(text) ? "sample" : undefined;
  return { kind, name, steps, predicts, settings: settingsOf(found, steps) };
}

/** Fitting settings of a kind in words, with its usual numbers of steps where none is known. */
export function settingsOf(models: FewStepModels, steps?: number): string {
  const { words } = models;
  const many = steps === undefined ? words.steps : counted(steps, "step");
  return [samplersInWords(models), many, words.guidance].join(", ");
}
