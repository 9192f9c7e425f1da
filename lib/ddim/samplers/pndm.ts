import { LocRefError } from "../../core/error.ts";
import { discreteStart, predicted } from "../discrete.ts";
import type { SchedulerConfig } from "../noise_schedule.ts";
import { splitPrediction } from "../prediction.ts";
import { combine } from "../preserving.ts";
import { same, type SamplerKind } from "../sampler.ts";
import { inferenceTimesteps } from "../timesteps.ts";

/** Weights of the last predictions by how many are known, newest first (Liu et al. 2022, Eq. (12)). */
const adamsBashforth: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

/**
 * Pseudo linear multistep (Liu et al. 2022), the scheduler of Stable Diffusion 1's own repositories.
 *
 * The first step is taken twice, the second time with the mean of both slopes, so a run has one
 * evaluation more than steps.
 */
export const pndm: SamplerKind<"pndm"> = {
  name: "pndm",
  summary: "pseudo linear multistep (Liu et al. 2022)",
  takes: [],
  steps: 50,
  scheduler: { name: "PNDMScheduler" },
  follows: { skip_prk_steps: [true] },
  plan(schedule, { steps }) {
    const { alphasCumprod, config } = schedule;
    checkRungeKutta(config);
    // unlike DDIM's, its last step goes to the first timestep where the config says nothing
    const finalAlpha = config.set_alpha_to_one ? 1 : alphasCumprod[0]!;
    const visited = inferenceTimesteps(schedule, steps);
    const stride = Math.floor(alphasCumprod.length / steps);
    const alphaAt = (t: number) => t < 0 ? finalAlpha : alphasCumprod[t]!;
    const timesteps = steps === 1
      ? visited
      : [visited[0]!, visited[1]!, ...visited.slice(1)];
    const move = (x: Float32Array, prediction: Float32Array, t: number) => {
      const alpha = alphaAt(t), next = alphaAt(t - stride);
      const { epsilon } = splitPrediction(schedule, x, prediction, alpha);
      const spread = alpha * Math.sqrt(1 - next) +
        Math.sqrt(alpha * (1 - alpha) * next);
      return combine(
        [Math.sqrt(next / alpha), x],
        [(alpha - next) / spread, epsilon],
      );
    };
    return {
      ...discreteStart(schedule, visited),
      begun: discreteStart(schedule, timesteps).noised,
      timesteps,
      *run(sample, { from = 0, after = same } = {}) {
        let x = sample;
        let first = sample;
        let seen: Float32Array[] = [];
        // image to image drops evaluations from the front and takes the next two as the first step
        for (let call = from; call < timesteps.length; call++) {
          const timestep = timesteps[call]!;
          const step = Math.max(from, call - 1);
          const at = { step, call, timestep };
          const { prediction } = yield* predicted(schedule, x, at);
          if (call === from + 1) {
            const mean = combine([0.5, prediction], [0.5, seen[0]!]);
            // from a whole stride above, which is no timestep of a run in linspace or trailing
            x = after(move(first, mean, timestep + stride), call);
            continue;
          }
          if (call === from) first = x;
          seen = [prediction, ...seen].slice(0, 4);
          x = after(move(x, history(seen), timestep), call);
        }
        return x;
      },
    };
  },
};

/** PNDM's own files that say nothing begin with Runge-Kutta steps, which it does not have here. */
function checkRungeKutta(
  { _class_name, skip_prk_steps }: SchedulerConfig,
): void {
  if (_class_name !== "PNDMScheduler" || skip_prk_steps != null) return;
  throw new LocRefError(
    "config-invalid",
    'Sampler "pndm" cannot follow the model\'s scheduler config: skip_prk_steps is absent, which PNDMScheduler reads as false, it must be true',
  );
}

function history(seen: readonly Float32Array[]): Float32Array {
  const weights = adamsBashforth[seen.length - 1]!;
  return combine(...seen.map((one, k) => [weights[k]!, one] as const));
}
