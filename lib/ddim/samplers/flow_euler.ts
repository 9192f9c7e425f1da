import { eulerStep } from "../exploding.ts";
import { type SamplerKind, stepByStep } from "../sampler.ts";
import { checkSteps } from "../timesteps.ts";

/** Euler's method on a rectified flow, whose model predicts the velocity (Liu et al. 2022; Esser et al. 2024). */
export const flowEuler: SamplerKind<"flow-euler"> = {
  name: "flow-euler",
  summary: "Euler's method on a flow (Esser et al. 2024)",
  takes: ["shift", "mu"],
  steps: 28,
  flow: true,
  scheduler: { name: "FlowMatchEulerDiscreteScheduler" },
  plan(schedule, { steps, shift = 1, mu }) {
    const train = schedule.alphasCumprod.length;
    checkSteps(steps, train);
    const shifted = (sigma: number, by: number) =>
      by * sigma / (1 + (by - 1) * sigma);
    // a static shift starts from the levels of training, one by size from even steps (Flux)
    const least = mu === undefined ? shifted(1 / train, shift) : 1 / steps;
    const by = mu === undefined ? shift : Math.exp(mu);
    const sigmas = Array.from(
      { length: steps },
      (_, i) =>
        shifted(1 + (least - 1) * (steps > 1 ? i / (steps - 1) : 0), by),
    );
    const timesteps = sigmas.map((sigma) => sigma * train);
    const levels = [...sigmas, 0];
    return {
      steps,
      timesteps,
      initialScale: 1,
      noised: (clean, noise, step) =>
        clean.map((value, j) =>
          (1 - levels[step]!) * value + levels[step]! * noise[j]!
        ),
      run: stepByStep(steps, function* (x, i) {
        const sigma = levels[i]!;
        const input = x;
        const clean = (velocity: Float32Array) =>
          input.map((value, j) => value - sigma * velocity[j]!);
        const velocity = yield {
          step: i,
          call: i,
          timestep: timesteps[i]!,
          input,
          sample: x,
          clean,
        };
        return eulerStep(x, clean(velocity), sigma, levels[i + 1]!);
      }),
    };
  },
};
