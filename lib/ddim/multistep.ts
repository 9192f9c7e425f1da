import type { NoiseSchedule } from "./noise_schedule.ts";
import {
  combine,
  type Level,
  predictedClean,
  preservingStart,
  solverLevels,
} from "./preserving.ts";
import { noiseFor } from "./exploding.ts";
import type { OwnSettings } from "./own_settings.ts";
import { same, type SamplerPlan } from "./sampler.ts";
import type { SamplerOptions } from "./sampler_options.ts";

/** Clean samples of earlier steps, the newest first, with the levels they belong to. */
interface Seen {
  readonly x0: Float32Array;
  readonly level: Level;
}

/** Settings that distinguish the multistep solvers. */
export interface MultistepOptions {
  readonly order: number;
  /** Whether it solves the SDE, with fresh noise in every step. */
  readonly stochastic?: boolean;
}

/**
 * DPM-Solver++ with history: Lu et al. 2022, Algorithm 2, and its SDE and third-order forms.
 *
 * The last step is of first order, and with fewer than 15 steps the last but one of second, unless
 * the config says otherwise (`lower_order_final`).
 */
export function multistepPlan(
  schedule: NoiseSchedule,
  options: SamplerOptions & { readonly steps: number },
  { order, stochastic = false }: MultistepOptions,
): SamplerPlan {
  // the reference rounds timesteps, but cuts them where betas are cosines
  const cuts = schedule.config.beta_schedule === "squaredcos_cap_v2";
  const laid = solverLevels(schedule, options, { cuts });
  const { levels, timesteps } = laid;
  const start = preservingStart(laid);
  const { steps } = start;
  const few = steps < 15 && (schedule.config.lower_order_final ?? true);
  const firstAtEnd = options.eulerAtFinal || few ||
    options.final !== "sigma_min";
  const orderAt = (i: number, seen: number) => {
    if (i === steps - 1 && firstAtEnd) return 1;
    const most = i === steps - 2 && few ? 2 : order;
    return Math.min(order, most, seen);
  };
  return {
    ...start,
    timesteps,
    *run(sample, { from = 0, noise, after = same } = {}) {
      let x = sample;
      let seen: Seen[] = [];
      for (let i = from; i < steps; i++) {
        const x0 = yield* predictedClean(schedule, x, laid, i);
        seen = [{ x0, level: levels[i]! }, ...seen].slice(0, order);
        const used = seen.slice(0, orderAt(i, seen.length));
        const fresh = stochastic ? noiseFor(noise, i) : undefined;
        x = after(solve(x, used, levels[i + 1]!, fresh), i);
      }
      return x;
    },
  };
}

/** From the level of `seen[0]` to `to`, by the polynomial through what was seen. */
function solve(
  x: Float32Array,
  seen: readonly Seen[],
  to: Level,
  noise?: Float32Array,
): Float32Array {
  const { level } = seen[0]!;
  const h = to.lambda - level.lambda;
  // over the SDE the same formulas hold with twice the step in λ, and noise for what is lost
  const lost = -Math.expm1(noise ? -2 * h : -h);
  const keep = to.sigma / level.sigma * (noise ? Math.exp(-h) : 1);
  const terms = weights(seen, h, lost).map((weight, i) =>
    [to.alpha * weight, seen[i]!.x0] as const
  );
  const spread = noise ? [[to.sigma * Math.sqrt(lost), noise] as const] : [];
  return combine([keep, x], ...terms, ...spread);
}

/** Weights of the clean samples, before the factor α. */
function weights(
  seen: readonly Seen[],
  h: number,
  lost: number,
): number[] {
  if (seen.length === 1) return [lost];
  const [first, second, third] = seen.map(({ level }) => level.lambda);
  const r0 = (first! - second!) / h;
  if (seen.length === 2) {
    return [lost * (1 + 0.5 / r0), -lost * 0.5 / r0];
  }
  const r1 = (second! - third!) / h;
  const slope = 1 - lost / h;
  const bend = (0.5 - slope / h) / (r0 + r1);
  // of the two divided differences, the newer and the older one
  const newer = slope * (1 + r0 / (r0 + r1)) + bend;
  const older = -slope * r0 / (r0 + r1) - bend;
  return [lost + newer / r0, older / r1 - newer / r0, -older / r1];
}

/**
 * Values of a scheduler config that these solvers can follow. Names of solvers that diffusers takes
 * for the one that exists here are known, too.
 */
export const multistepSettings: OwnSettings = {
  solver_type: ["midpoint", "logrho", "bh1", "bh2"],
  lambda_min_clipped: [-Infinity],
};
