import { LocRefError } from "../core/error.ts";
import { quote } from "../core/quote.ts";
import type { Tensor } from "../core/tensor.ts";
import { concatBatch } from "../core/tensor_rows.ts";
import type { SamplerPlan } from "../ddim/sampler.ts";
import type { Values } from "../ops/executor.ts";
import type { PreparedScene } from "../pipeline/prepare/prepare_scene.ts";

/**
 * The inputs of every step, which must be equal.
 *
 * @throws {LocRefError} `scene-invalid` if an adapter's are not.
 */
export async function fixedInputs(
  prepared: PreparedScene,
  noise: Tensor,
  { timesteps, steps: total }: SamplerPlan,
): Promise<Values<Tensor>> {
  if (prepared.guide !== undefined) {
    throw new LocRefError(
      "scene-invalid",
      "An adapter moves the latents before steps, which the exported example does not do",
    );
  }
  const sample = concatBatch([noise, noise]);
  const inputsAt = async (step: number) => {
    const t = timesteps[step]!;
    const given = prepared.stepInputs([t, t]);
    const at = { step, total, timestep: t, sample, given };
    return (await prepared.stepAt(at)).inputs;
  };
  const first = await inputsAt(0);
  const last = await inputsAt(total - 1);
  const names = Object.keys({ ...first, ...last });
  const differs = names.find((name) => first[name] !== last[name]);
  if (differs === undefined) return first;
  throw new LocRefError(
    "scene-invalid",
    `Input ${
      quote(differs)
    } of an adapter changes between steps, but the exported example has the same inputs at every step`,
  );
}

/** The inputs of each step that depend on its time, as `time.0`, `time.1` and so on. */
export function timeInputs(
  { stepInputs }: PreparedScene,
  { timesteps }: SamplerPlan,
): [name: string, value: Tensor][] {
  return timesteps.flatMap((t, i) =>
    Object.entries(stepInputs([t, t])).map((
      [name, value],
    ): [string, Tensor] => [`${name}.${i}`, value])
  );
}

/** Deterministic DDIM is linear: its steps from a sample of 1, and from a prediction of 1. */
export function stepCoefficients(
  sampler: SamplerPlan,
): (readonly [number, number])[] {
  const [zero, one] = [Float32Array.of(0), Float32Array.of(1)];
  return [...sampler.timesteps.keys()].map((i) =>
    [oneStep(sampler, i, one, zero), oneStep(sampler, i, zero, one)] as const
  );
}

function oneStep(
  sampler: SamplerPlan,
  step: number,
  sample: Float32Array,
  prediction: Float32Array,
): number {
  const run = sampler.run(sample, { from: step });
  run.next();
  const { done, value } = run.next(prediction);
  return done ? value[0]! : value.sample[0]!;
}
