/** Models that were distilled to few steps, known by their names alone: shapes do not show it. */

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
  /** Fitting settings, in words. */
  readonly settings: string;
}

interface Rule {
  readonly kind: FewStepKind;
  readonly name: string;
  readonly pattern: RegExp;
  /** Sampler, usual steps and guidance. */
  readonly sampler: string;
  readonly steps: string;
  readonly guidance: string;
}

const rules: readonly Rule[] = [
  {
    kind: "lightning",
    name: "Lightning",
    pattern:
      /sdxl[ _-]?lightning|lightning[ _-]?(\d|lora|unet|xl)|(xl|\d ?steps?)[ _-]lightning/,
    sampler: 'sampler "euler" with trailing timesteps',
    steps: "4 steps",
    guidance: "guidance 1",
  },
  {
    kind: "hyper",
    name: "Hyper-SD",
    pattern: /hyper[ _-]?sd/,
    sampler: 'sampler "ddim" with trailing timesteps ("tcd" for one step)',
    steps: "1 to 8 steps, as in the file's name",
    guidance: "guidance 1",
  },
  {
    kind: "tcd",
    name: "TCD",
    pattern: /(^|[^a-z])tcd([^a-z]|$)/,
    sampler: 'sampler "tcd" with eta 0.3',
    steps: "4 to 8 steps",
    guidance: "guidance 1",
  },
  {
    kind: "pcm",
    name: "PCM",
    pattern: /(^|[^a-z])pcm([^a-z]|$)/,
    sampler: 'sampler "tcd", or "ddim" with trailing timesteps',
    steps: "4 to 8 steps",
    guidance: "guidance up to 1.2",
  },
  {
    kind: "lcm",
    name: "LCM",
    pattern: /(^|[^a-z])lcm([^a-z]|$)/,
    sampler: 'sampler "lcm"',
    steps: "4 to 8 steps",
    guidance: "guidance 1 to 2",
  },
  {
    kind: "turbo",
    name: "Turbo",
    pattern: /(^|[^a-z])turbo([^a-z]|$)/,
    sampler: 'sampler "euler-a" with trailing timesteps',
    steps: "1 to 4 steps",
    guidance: "guidance 1",
  },
];

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
  const found = rules.find(({ pattern }) => pattern.test(text));
  if (found === undefined) return undefined;
  const { kind, name, sampler, guidance } = found;
  const number = /(\d+)[ _-]?steps?/.exec(text)?.[1];
  const steps = number === undefined ? undefined : Number(number);
  const words = steps === undefined
    ? found.steps
    : `${steps} step${steps === 1 ? "" : "s"}`;
  return { kind, name, steps, settings: `${sampler}, ${words}, ${guidance}` };
}
