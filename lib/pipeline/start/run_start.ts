import type { SamplerPlan } from "../../ddim/sampler.ts";
import type { Tensor } from "../../core/tensor.ts";

/** Where a run begins when it does not begin at noise, and what it keeps on the way. */
export interface RunStart {
  /** First step, from 0. */
  readonly from: number;
  /** The sample there, in the sampler's own scale. */
  readonly sample: Float32Array;
  /** Replaces the sample after each step, from 0; absent: nothing is kept. */
  readonly after?: (sample: Float32Array, step: number) => Float32Array;
  /** Channels that the denoiser reads behind the latents, `[1, channels, height, width]`. */
  readonly extra?: Tensor;
}

/** A picture that a run begins on. */
export interface StartPicture {
  /** Its latents, `[channels · height · width]`. */
  readonly latents: Float32Array;
  /** Unit noise of the same size. */
  readonly noise: Float32Array;
  /** How much of the run is taken, above 0 to 1: 1 forgets the picture under its mask. */
  readonly strength: number;
  /** Cells that are painted anew, 1 or 0, `[height · width]`. @default {all} */
  readonly mask?: Float32Array;
  /** Whether the denoiser reads mask and kept picture by itself, so that nothing is set. @default {false} */
  readonly reads?: boolean;
}

/** How many of `steps` the last `strength` of them are. */
export function stepsTaken(steps: number, strength: number): number {
  // products such as 10 · 0.3 are less than the whole number that they stand for by rounding
  return Math.min(steps, Math.floor(steps * strength + 1e-9));
}

/** First step of the last `strength` of `steps`; at least one is taken. */
export function firstStep(steps: number, strength: number): number {
  return steps - Math.max(1, stepsTaken(steps, strength));
}

/**
 * The start of a run on a picture: image to image (Meng et al. 2022, "SDEdit"). With a mask the kept
 * cells are set to the picture at each step's noise level (Lugmayr et al. 2022, Eq. (8)).
 */
export function startOnPicture(
  plan: SamplerPlan,
  picture: StartPicture,
): RunStart {
  const { latents, noise, strength, mask, reads = false } = picture;
  const from = firstStep(plan.steps, strength);
  const forgets = mask !== undefined && strength >= 1;
  const sample = forgets
    ? noise.map((value) => value * plan.initialScale)
    : begun(plan, picture, from);
  if (mask === undefined || reads) return { from, sample };
  const levels = Array.from(
    { length: plan.steps },
    (_, step) =>
      step + 1 < plan.steps
        ? () => plan.noised(latents, noise, step + 1)
        : () => latents,
  );
  return {
    from,
    sample,
    after: (sample, step) => keep(sample, levels[step]!(), mask),
  };
}

function begun(
  plan: SamplerPlan,
  { latents, noise }: StartPicture,
  from: number,
): Float32Array {
  return plan.begun?.(latents, noise, from) ??
    plan.noised(latents, noise, from);
}

/** The sample where the mask is 1, the kept picture elsewhere. */
function keep(
  sample: Float32Array,
  kept: Float32Array,
  mask: Float32Array,
): Float32Array {
  return sample.map((value, i) => {
    const painted = mask[i % mask.length]!;
    return painted * value + (1 - painted) * kept[i]!;
  });
}

/**
 * A function for every evaluation of a plan: what is kept has the noise of the next evaluation's
 * timestep where a step begins there, else that of the step's end. So do diffusers' pipelines, which
 * set it after each evaluation of PNDM's first step, of Heun and of DPM2.
 */
export function afterSteps(
  plan: SamplerPlan,
  { from, after }: Pick<RunStart, "from" | "after">,
): ((sample: Float32Array, call: number) => Float32Array) | undefined {
  if (after === undefined) return undefined;
  const levels = keptLevels(plan, from);
  return (sample, call) => after(sample, levels.get(call)!);
}

/** How many evaluations a run takes from step `from` on. */
export function callsTaken(plan: SamplerPlan, from: number): number {
  return [...evaluations(plan, from)].length;
}

/** For each evaluation the step whose end has the noise of what is kept after it. */
function keptLevels(plan: SamplerPlan, from: number): Map<number, number> {
  const begins = new Map<number, number>();
  for (const { step, timestep } of evaluations(plan, 0)) {
    if (step === begins.size) begins.set(timestep, step);
  }
  const calls = [...evaluations(plan, from)];
  return new Map(calls.map(({ step, call }, i) => {
    const next = calls[i + 1];
    const begun = next?.step === step ? begins.get(next.timestep) : undefined;
    return [call, begun === undefined ? step : begun - 1];
  }));
}

/** The evaluations of a run, tried on a single number. */
function* evaluations(
  plan: SamplerPlan,
  from: number,
): Generator<{ step: number; call: number; timestep: number }> {
  const zeros = new Float32Array(1);
  const run = plan.run(zeros, { from, noise: () => zeros });
  for (let next = run.next(); !next.done; next = run.next(zeros)) {
    yield next.value;
  }
}
