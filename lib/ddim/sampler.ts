import type { NoiseSchedule, SchedulerConfig } from "./noise_schedule.ts";
import type { OwnSettings } from "./own_settings.ts";
import {
  type SamplerOptionInfo,
  type SamplerOptions,
  samplerOptions,
} from "./sampler_options.ts";

/** One evaluation of the model that a sampler requests. */
export interface ModelCall {
  /** Step that the evaluation belongs to, from 0. */
  readonly step: number;
  /** Evaluation within a whole run, from 0; samplers of second order evaluate twice a step. */
  readonly call: number;
  /** Training timestep passed to the model; it may lie between two whole ones. */
  readonly timestep: number;
  /** The sample, scaled as the model was trained; it follows a change of the sample. */
  readonly input: Float32Array;
  /**
   * The sample in the sampler's own scale. It may be changed in place before the prediction is sent:
   * the sampler goes on from what it is then.
   */
  readonly sample: Float32Array;
  /** The clean sample that `prediction` stands for. */
  clean(prediction: Float32Array): Float32Array;
}

/** A run: it yields model calls, receives predictions, and returns the clean sample. */
export type SamplerRun = Generator<ModelCall, Float32Array, Float32Array>;

/** Settings of one run through a plan. */
export interface RunOptions {
  /** First step, for image to image. @default {0} */
  from?: number;
  /** Unit noise of the size of the sample for evaluation `call`; stochastic samplers need it. */
  noise?: (call: number) => Float32Array;
  /** Replaces the sample after evaluation `call`; inpainting keeps the known part so. */
  after?: (sample: Float32Array, call: number) => Float32Array;
}

/** A sampler with its timesteps laid out. */
export interface SamplerPlan {
  /** Number of steps. */
  readonly steps: number;
  /** Timestep of every model call, in order. */
  readonly timesteps: readonly number[];
  /** Factor of unit noise at the start. */
  readonly initialScale: number;
  /** `clean` with noise, as the sampler has it before `step`. */
  noised(
    clean: Float32Array,
    noise: Float32Array,
    step: number,
  ): Float32Array;
  /** The same where a run begins at `step` (image to image). @default {as `noised`} */
  begun?(clean: Float32Array, noise: Float32Array, step: number): Float32Array;
  /** Runs from `sample`: scaled noise, or a picture with noise. */
  run(sample: Float32Array, options?: RunOptions): SamplerRun;
}

/**
 * A sampler: its name, the options that it takes, and its loop.
 *
 * `Own` are the options that it alone has: `SamplerKind<"mine", { strength?: number }>`.
 */
export interface SamplerKind<
  Name extends string = string,
  Own extends object = Record<never, never>,
> {
  /** Name for users. */
  readonly name: Name;
  /** Other names of the same sampler. */
  readonly aliases?: Readonly<Record<string, SamplerOptions>>;
  /** One line for tables: the method and its paper. */
  readonly summary: string;
  /** Names of the shared options that it takes. @default {none} */
  readonly takes?: readonly (keyof SamplerOptions)[];
  /** Options of its own, as help, checks and documentation read them. @default {none} */
  readonly options?: { readonly [K in keyof Own]-?: SamplerOptionInfo };
  /** Values of options that are not given. */
  readonly defaults?: SamplerOptions & Partial<Own>;
  /** Steps of a run that requests no number. */
  readonly steps: number;
  /** Scheduler class of diffusers whose configs name this sampler, with the settings that distinguish it. */
  readonly scheduler?: SchedulerClass;
  /** Values of the model's scheduler config that it can follow; others are refused by name. */
  readonly follows?: OwnSettings;
  /** Whether it runs models that predict the velocity of a flow, and no others. @default {false} */
  readonly flow?: boolean;
  /** Lays out the timesteps of a run. */
  plan(
    schedule: NoiseSchedule,
    options: SamplerOptions & Own & { readonly steps: number },
  ): SamplerPlan;
}

/** A scheduler class of diffusers, and the config values that select one of its samplers. */
export interface SchedulerClass {
  /** Name of the class, without its version. */
  readonly name: string;
  /** Config values that select the sampler among those of the class. @default {none} */
  readonly where?: Readonly<Record<string, unknown>>;
  /** Defaults of the class that differ from those of `SchedulerConfig`. @default {none} */
  readonly defaults?: SchedulerConfig;
  /** Options whose keys the class lacks: a config of another class does not set them. @default {none} */
  readonly lacks?: readonly (keyof SamplerOptions)[];
}

/** Leaves a sample as it is. */
export function same(sample: Float32Array): Float32Array {
  return sample;
}

/** One step of a run: yields model calls, and returns the next sample. */
type SamplerStep = (
  sample: Float32Array,
  step: number,
  noise: RunOptions["noise"],
) => SamplerRun;

/** The loop of samplers whose steps remember nothing but the sample. */
export function stepByStep(
  steps: number,
  step: SamplerStep,
): SamplerPlan["run"] {
  return function* (sample, { from = 0, noise, after = same } = {}) {
    let x = sample;
    for (let i = from; i < steps; i++) x = after(yield* step(x, i, noise), i);
    return x;
  };
}

/** Every option that a sampler takes, shared ones first. */
export function schemaOf(
  { takes = [], options = {} }: SamplerKind,
): Readonly<Record<string, SamplerOptionInfo>> {
  const shared = takes.map((name) => [name, samplerOptions[name]]);
  return { ...Object.fromEntries(shared), ...options };
}
