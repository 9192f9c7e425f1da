import { discreteStart, predicted } from "../discrete.ts";
import { noiseFor } from "../exploding.ts";
import { type SamplerKind, stepByStep } from "../sampler.ts";
import { inferenceTimesteps, wholeTimesteps } from "../timesteps.ts";

/** Denoising diffusion implicit models (Song et al. 2020, Eq. (12)), the paper's sampler. */
export const ddim: SamplerKind<"ddim"> = {
  name: "ddim",
  summary: "denoising diffusion implicit models (Song et al. 2020)",
  takes: ["eta", "timesteps", "spacing"],
  defaults: { eta: 0 },
  steps: 50,
  scheduler: { name: "DDIMScheduler" },
  plan(schedule, { steps, eta = 0, timesteps: given }) {
    const { alphasCumprod, finalAlpha } = schedule;
    const train = alphasCumprod.length;
    const timesteps = given
      ? wholeTimesteps(given, train)
      : inferenceTimesteps(schedule, steps);
    const stride = Math.floor(train / timesteps.length);
    // evenly spaced timesteps end a stride lower; those given by hand at the next of them
    const ends = (i: number) =>
      given ? timesteps[i + 1] ?? -1 : timesteps[i]! - stride;
    const alphaAt = (t: number) => t < 0 ? finalAlpha : alphasCumprod[t]!;
    return {
      ...discreteStart(schedule, timesteps),
      timesteps,
      run: stepByStep(timesteps.length, function* (x, i, noise) {
        const timestep = timesteps[i]!;
        const at = { step: i, call: i, timestep, clip: schedule.clipRange };
        const { x0, epsilon } = yield* predicted(schedule, x, at);
        const alpha = alphaAt(timestep), next = alphaAt(ends(i));
        const variance = (1 - next) / (1 - alpha) * (1 - alpha / next);
        const sigma = eta * Math.sqrt(variance);
        const signal = Math.sqrt(next);
        const direction = Math.sqrt(1 - next - sigma ** 2);
        const fresh = sigma > 0 ? noiseFor(noise, i) : undefined;
        return x0.map((value, j) =>
          signal * value + direction * epsilon[j]! +
          (fresh === undefined ? 0 : sigma * fresh[j]!)
        );
      }),
    };
  },
};
