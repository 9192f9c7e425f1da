import {
  combine,
  type Level,
  predictedClean,
  preservingStart,
  type SolverLevels,
  solverLevels,
} from "../preserving.ts";
import { same, type SamplerKind } from "../sampler.ts";

/** One evaluation: the noise that was predicted, and where. */
interface Seen {
  readonly epsilon: Float32Array;
  readonly level: Level;
}

/** DEIS: the noise is integrated as a polynomial in log ρ (Zhang & Chen 2022, log-ρ AB-DEIS). */
export const deis: SamplerKind<"deis"> = {
  name: "deis",
  summary: "DEIS, exponential integrator with history (Zhang & Chen 2022)",
  takes: ["sigmas", "order", "spacing"],
  defaults: { order: 2 },
  steps: 20,
  scheduler: { name: "DEISMultistepScheduler" },
  plan(schedule, options) {
    const { order = 2 } = options;
    const laid = endAtLeast(
      solverLevels(schedule, {
        ...options,
        final: "sigma_min",
      }),
      options.sigmas !== undefined,
    );
    const { levels, timesteps } = laid;
    const start = preservingStart(laid);
    const { steps } = start;
    const few = steps < 15 && (schedule.config.lower_order_final ?? true);
    const orderAt = (i: number, seen: number) => {
      const most = few && i === steps - 1 ? 1 : few && i === steps - 2 ? 2 : 3;
      return Math.min(order, most, seen);
    };
    return {
      ...start,
      timesteps,
      *run(sample, { from = 0, after = same } = {}) {
        let x = sample;
        let seen: Seen[] = [];
        for (let i = from; i < steps; i++) {
          const level = levels[i]!;
          const x0 = yield* predictedClean(schedule, x, laid, i);
          const epsilon = combine([1 / level.sigma, x], [
            -level.alpha / level.sigma,
            x0,
          ]);
          seen = [{ epsilon, level }, ...seen].slice(0, order);
          const used = seen.slice(0, orderAt(i, seen.length));
          x = after(integrate(x, used, levels[i + 1]!), i);
        }
        return x;
      },
    };
  },
};

/** Under a spacing of its own the reference ends at the last level that it visits. */
function endAtLeast(laid: SolverLevels, spaced: boolean): SolverLevels {
  if (!spaced) return laid;
  const visited = laid.levels.slice(0, -1);
  return { ...laid, levels: [...visited, visited.at(-1)!] };
}

/** `x/α` moves by the integral of the noise over ρ = σ/α. */
function integrate(
  x: Float32Array,
  seen: readonly Seen[],
  to: Level,
): Float32Array {
  const { level } = seen[0]!;
  const nodes = seen.map(({ level }) => -level.lambda);
  const weights = lagrangeIntegrals(nodes, -level.lambda, -to.lambda);
  return combine(
    [to.alpha / level.alpha, x],
    ...weights.map((weight, i) =>
      [to.alpha * weight, seen[i]!.epsilon] as const
    ),
  );
}

/** `∫ Lᵢ(log ρ) dρ` from e^`from` to e^`to`, of the Lagrange polynomials over `nodes` in log ρ. */
function lagrangeIntegrals(
  nodes: readonly number[],
  from: number,
  to: number,
): number[] {
  return nodes.map((node, i) => {
    const others = nodes.filter((_, j) => j !== i);
    const scale = others.reduce(
      (product, other) => product * (node - other),
      1,
    );
    return (primitive(to, others) - primitive(from, others)) / scale;
  });
}

/** `∫ Π(u − rⱼ) eᵘ du`, for at most two roots, by parts. */
function primitive(u: number, roots: readonly number[]): number {
  const [a, b] = roots;
  const e = Math.exp(u);
  if (a === undefined) return e;
  if (b === undefined) return e * (u - a - 1);
  return e * ((u - a) * (u - b) - (2 * u - a - b) + 2);
}
