import {
  combine,
  type Level,
  predictedClean,
  preservingStart,
  solverLevels,
} from "../preserving.ts";
import { same, type SamplerKind } from "../sampler.ts";
import { solveLinear } from "../solve_linear.ts";

/** One evaluation: the clean sample that was predicted, and where. */
interface Seen {
  readonly x0: Float32Array;
  readonly level: Level;
}

/** UniPC in its B₂(h) form: a predictor, corrected by the next evaluation (Zhao et al. 2023). */
export const unipc: SamplerKind<"unipc"> = {
  name: "unipc",
  summary: "UniPC, predictor and corrector with history (Zhao et al. 2023)",
  takes: ["sigmas", "timesteps", "order", "spacing"],
  defaults: { order: 2 },
  steps: 20,
  scheduler: { name: "UniPCMultistepScheduler" },
  // Names of solvers that diffusers takes for B₂(h) are known, too.
  follows: {
    final_sigmas_type: ["zero"],
    solver_type: ["bh2", "midpoint", "heun", "logrho"],
    lower_order_final: [true],
    predict_x0: [true],
    disable_corrector: [],
  },
  plan(schedule, options) {
    const { order = 2 } = options;
    const laid = solverLevels(schedule, options);
    const { levels, timesteps } = laid;
    const start = preservingStart(laid);
    const { steps } = start;
    return {
      ...start,
      timesteps,
      *run(sample, { from = 0, after = same } = {}) {
        let x = sample;
        let seen: Seen[] = [];
        let before: { x: Float32Array; order: number } | undefined;
        for (let i = from; i < steps; i++) {
          const level = levels[i]!;
          const x0 = yield* predictedClean(schedule, x, laid, i);
          if (before !== undefined) {
            x = correct(before.x, seen.slice(0, before.order), { x0, level });
          }
          seen = [{ x0, level }, ...seen].slice(0, order);
          const used = Math.min(order, steps - i, seen.length);
          before = { x, order: used };
          x = after(predict(x, seen.slice(0, used), levels[i + 1]!), i);
        }
        return x;
      },
    };
  },
};

/** UniP of the order that `seen` allows, from the level of `seen[0]` to `to`. */
function predict(
  x: Float32Array,
  seen: readonly Seen[],
  to: Level,
): Float32Array {
  const { h, ratios } = distances(seen, to);
  const rows = ratios.length;
  const weights = rows === 0
    ? []
    : rows === 1
    ? [0.5]
    : solveLinear(powers(ratios, rows), targets(h, rows));
  return move(x, seen, to, { h, ratios, weights });
}

/** UniC: the same step again, now that the model was evaluated at its end. */
function correct(
  x: Float32Array,
  seen: readonly Seen[],
  end: Seen,
): Float32Array {
  const { h, ratios } = distances(seen, end.level);
  const order = seen.length;
  const all = [...ratios, 1];
  const weights = order === 1
    ? [0.5]
    : solveLinear(powers(all, order), targets(h, order));
  return move(x, [...seen, end], end.level, { h, ratios: all, weights });
}

/** Width of the step in λ, and how far back the older evaluations lie, in steps. */
function distances(
  seen: readonly Seen[],
  to: Level,
): { h: number; ratios: number[] } {
  const here = seen[0]!.level.lambda;
  const h = to.lambda - here;
  return {
    h,
    ratios: seen.slice(1).map(({ level }) => (level.lambda - here) / h),
  };
}

/** Rows of powers 0, 1, … of the ratios. */
function powers(ratios: readonly number[], rows: number): number[][] {
  return Array.from({ length: rows }, (_, k) => ratios.map((r) => r ** k));
}

/** Right side of the order conditions: `k! φₖ₊₁(−h) / B₂(h)` (Zhao et al. 2023, Eq. (4)). */
function targets(h: number, rows: number): number[] {
  const b = Math.expm1(-h);
  let phi = b / -h - 1;
  let factorial = 1;
  return Array.from({ length: rows }, (_, k) => {
    const target = phi * factorial / b;
    factorial *= k + 2;
    phi = phi / -h - 1 / factorial;
    return target;
  });
}

/** The exact linear part, and `weights` on the differences to the newest evaluation. */
function move(
  x: Float32Array,
  [first, ...others]: readonly Seen[],
  to: Level,
  { h, ratios, weights }: {
    h: number;
    ratios: readonly number[];
    weights: readonly number[];
  },
): Float32Array {
  const gain = -to.alpha * Math.expm1(-h);
  const factors = weights.map((weight, i) => gain * weight / ratios[i]!);
  const rest = factors.reduce((sum, factor) => sum + factor, 0);
  return combine(
    [to.sigma / first!.level.sigma, x],
    [gain - rest, first!.x0],
    ...factors.map((factor, i) => [factor, others[i]!.x0] as const),
  );
}
