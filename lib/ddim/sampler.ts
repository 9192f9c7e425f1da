/** One run of a sampler through its timesteps, from noise to a clean latent. */
export interface Sampler {
  /** Timesteps that the model is asked about, falling; DPM-Solver and Euler may lie between whole ones. */
  readonly timesteps: readonly number[];
  /** What unit noise is multiplied by at the start. */
  readonly initialScale: number;
  /** What the model sees at step `i` in place of `x`. */
  modelInput(x: Float32Array, i: number): Float32Array;
  /**
   * Goes from `x` at step `i` to the next timestep.
   *
   * @param noise unit noise of the size of `x`; read by DDIM with η > 0 only.
   */
  step(
    x: Float32Array,
    prediction: Float32Array,
    i: number,
    noise?: Float32Array,
  ): Float32Array;
  /** The clean sample that `prediction` stands for at step `i`, for previews. */
  cleanSample(
    x: Float32Array,
    prediction: Float32Array,
    i: number,
  ): Float32Array;
}

/** Names of the samplers. */
export const samplerNames = ["ddim", "dpm++", "dpm++-karras", "euler"] as const;

/** Name of a sampler. */
export type SamplerName = typeof samplerNames[number];
