import type { NoiseSchedule } from "./noise_schedule.ts";

/** Clean sample and noise that a model's prediction stands for, at the given ᾱ. */
export function splitPrediction(
  schedule: NoiseSchedule,
  x: Float32Array,
  prediction: Float32Array,
  alpha: number,
): { x0: Float32Array; epsilon: Float32Array } {
  const signal = Math.sqrt(alpha);
  const sigma = Math.sqrt(1 - alpha);
  const x0 = new Float32Array(x.length);
  const epsilon = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!, predicted = prediction[i]!;
    switch (schedule.predictionType) {
      case "epsilon":
        x0[i] = (value - sigma * predicted) / signal;
        epsilon[i] = predicted;
        break;
      case "v_prediction":
        x0[i] = signal * value - sigma * predicted;
        epsilon[i] = signal * predicted + sigma * value;
        break;
      case "sample":
        x0[i] = predicted;
        epsilon[i] = (value - signal * predicted) / sigma;
        break;
      case "flow":
        throw new RangeError("A flow has no noise schedule: use flow-euler");
    }
  }
  return { x0, epsilon };
}
