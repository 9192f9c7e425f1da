/** Options that several samplers share; each takes those that its entry lists, and may have its own. */
export interface SamplerOptions {
  /** Share of fresh noise in every step, 0..1: 0 is deterministic. */
  readonly eta?: number;
  /** Spacing of the noise levels in place of the schedule's own. */
  readonly sigmas?: SigmaSpacing;
  /** How timesteps are laid over those of training, in place of the model's own way. */
  readonly spacing?: "leading" | "trailing" | "linspace";
  /** Timesteps by hand, falling, in place of a number of steps. */
  readonly timesteps?: readonly number[];
  /** Order of the solver. */
  readonly order?: number;
  /** Noise level that the last step ends at: none, or the least of training. */
  readonly final?: "zero" | "sigma_min";
  /** Whether the last step is of first order however many steps are taken. */
  readonly eulerAtFinal?: boolean;
  /** Steps of the distillation that the timesteps are taken from. */
  readonly originalSteps?: number;
  /** Factor of timesteps in the boundary condition of consistency models. */
  readonly timestepScaling?: number;
  /** Shift of the noise levels of a flow. */
  readonly shift?: number;
  /** Logarithm of the shift, where it depends on the size of the picture. */
  readonly mu?: number;
}

/** Spacings of noise levels: Karras et al. 2022, geometric, by the beta distribution, Lu et al. 2022. */
export const sigmaSpacings = ["karras", "exponential", "beta", "lu"] as const;

/** A spacing of noise levels. */
export type SigmaSpacing = typeof sigmaSpacings[number];

/** Describes one option: a line for help, and the values that are allowed; numbers where it says nothing else. */
export interface SamplerOptionInfo {
  /** Its meaning, as the middle of a sentence. */
  readonly summary: string;
  /** Names, one of which is the value. */
  readonly oneOf?: readonly string[];
  /** Least and greatest number. @default {any number} */
  readonly range?: readonly [least: number, most: number];
  /** Whether the number is whole. @default {false} */
  readonly whole?: boolean;
  /** Whether the value is a list of numbers. @default {false} */
  readonly list?: boolean;
  /** Whether the value is true or false. @default {false} */
  readonly flag?: boolean;
}

/** Value of a sampler's option. */
export type SamplerOptionValue =
  | number
  | string
  | boolean
  | readonly number[]
  | undefined;

/** Every option of {@linkcode SamplerOptions}, as help, checks and documentation read it. */
export const samplerOptions: Readonly<
  Record<keyof SamplerOptions, SamplerOptionInfo>
> = {
  eta: { summary: "share of fresh noise in every step", range: [0, 1] },
  sigmas: { summary: "spacing of the noise levels", oneOf: sigmaSpacings },
  spacing: {
    summary: "how timesteps are laid over those of training",
    oneOf: ["leading", "trailing", "linspace"],
  },
  timesteps: { summary: "timesteps by hand, falling", list: true },
  order: { summary: "order of the solver", range: [1, 3], whole: true },
  final: {
    summary: "noise level that the last step ends at",
    oneOf: ["zero", "sigma_min"],
  },
  eulerAtFinal: { summary: "the last step is of first order", flag: true },
  originalSteps: {
    summary: "steps of the distillation",
    range: [1, 1000],
    whole: true,
  },
  timestepScaling: {
    summary: "factor of timesteps in the boundary condition",
    range: [0, 1e6],
  },
  shift: { summary: "shift of the noise levels of a flow", range: [1e-3, 1e3] },
  mu: { summary: "logarithm of the shift", range: [-10, 10] },
};
