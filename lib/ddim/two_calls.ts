import {
  denoised,
  eulerStep,
  explodingStart,
  type Levels,
  noiseFor,
} from "./exploding.ts";
import type { NoiseSchedule } from "./noise_schedule.ts";
import { same, type SamplerPlan } from "./sampler.ts";

/** One step of a sampler that evaluates the model twice. */
export interface TwoCallStep {
  /** Place of the step, from 0. */
  readonly i: number;
  /** Noise levels at its start and its end. */
  readonly sigma: number;
  readonly next: number;
  /** The sample at its start, and the clean sample that the model predicts for it. */
  readonly x: Float32Array;
  readonly x0: Float32Array;
}

/** The difference between samplers that evaluate the model twice a step. */
export interface TwoCallForm {
  /** Noise level of the second evaluation of step `i`, and its timestep. */
  second(i: number): { sigma: number; timestep: number };
  /** The sample at that level; `noise` is that of the first evaluation. */
  move(step: TwoCallStep, noise: () => Float32Array): Float32Array;
  /**
   * The sample at the end of the step.
   *
   * @param moved The sample of the second evaluation, and the clean sample `seen` predicted for it.
   */
  finish(
    step: TwoCallStep & { moved: Float32Array; seen: Float32Array },
    noise: () => Float32Array,
  ): Float32Array;
  /** The last step, which ends at no noise after one evaluation. @default {Euler's} */
  last?(step: TwoCallStep): Float32Array;
  /** Bound on clean samples. @default {none} */
  readonly clip?: number;
}

/** A plan over exploding noise levels with two evaluations in every step but the last. */
export function twoCallPlan(
  schedule: NoiseSchedule,
  levels: Levels,
  { second, move, finish, last = eulerEnd, clip }: TwoCallForm,
): SamplerPlan {
  const { sigmas, timesteps } = levels;
  const start = explodingStart(schedule, levels);
  return {
    ...start,
    timesteps: timesteps.flatMap((t, i) =>
      i < timesteps.length - 1 ? [t, second(i).timestep] : [t]
    ),
    *run(sample, { from = 0, noise, after = same } = {}) {
      const fresh = (call: number) => () => noiseFor(noise, call);
      let x = sample;
      for (let i = from; i < start.steps; i++) {
        const sigma = sigmas[i]!, next = sigmas[i + 1]!, call = 2 * i;
        const at = { step: i, call, timestep: timesteps[i]!, sigma, clip };
        const x0 = yield* denoised(schedule, x, at);
        const step = { i, sigma, next, x, x0 };
        if (next === 0) return after(last(step), call);
        const moved = after(move(step, fresh(call)), call);
        const then = { step: i, call: call + 1, ...second(i), clip };
        const seen = yield* denoised(schedule, moved, then);
        const end = finish({ ...step, moved, seen }, fresh(call + 1));
        x = after(end, call + 1);
      }
      return x;
    },
  };
}

function eulerEnd({ x, x0, sigma }: TwoCallStep): Float32Array {
  return eulerStep(x, x0, sigma, 0);
}

/**
 * The noise level in the geometric middle of every step, and its timestep.
 *
 * @param endOf Noise level that a step falls to.
 */
export function middleOf(
  { sigmas, timestepOf }: Levels,
  endOf: (step: number) => number = (step) => sigmas[step + 1]!,
): TwoCallForm["second"] {
  return (step) => {
    const sigma = Math.sqrt(sigmas[step]! * endOf(step));
    return { sigma, timestep: timestepOf(sigma) };
  };
}
