import { noiseSchedule } from "../../../lib/ddim/noise_schedule.ts";
import { chooseSampler, planRun } from "../../../lib/ddim/samplers.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";

/** The scheduler of Stable Diffusion 1.5, which all loops of the set run with. */
const scheduler = {
  _class_name: "DDIMScheduler",
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
  num_train_timesteps: 1000,
} as const;

/** Settings of a {@linkcode guidedLoop}. */
export interface LoopSettings {
  readonly steps: number;
  readonly guidance_scale: number;
}

/**
 * A DDIM run with guidance.
 *
 * @param predict The prediction of both branches, the unconditional first, `[2, …]`.
 * @returns the clean latents.
 */
export async function guidedLoop(
  noise: Tensor,
  { steps, guidance_scale: scale }: LoopSettings,
  predict: (
    sample: Tensor,
    at: { step: number; timestep: number },
  ) => Promise<Tensor>,
): Promise<Tensor> {
  const sampler = planRun(
    noiseSchedule(scheduler),
    chooseSampler("ddim"),
    steps,
  );
  const run = sampler.run(floats(noise));
  let next = run.next();
  while (!next.done) {
    const { step, timestep, input } = next.value;
    const twice = new Float32Array(2 * input.length);
    twice.set(input);
    twice.set(input, input.length);
    const both = await predict(tensor([2, ...noise.shape.slice(1)], twice), {
      ...{ step, timestep },
    });
    const guided = input.map((_, i) => {
      const without = both.data[i]!;
      return without + scale * (both.data[input.length + i]! - without);
    });
    next = run.next(guided);
  }
  return tensor(noise.shape, next.value);
}
