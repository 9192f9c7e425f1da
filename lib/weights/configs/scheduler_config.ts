/**
 * `scheduler_config.json`, as far as it is used. A key that is missing or null takes the default of
 * the sampler that runs, not of the scheduler that wrote the file.
 */
export interface SchedulerConfig {
  /** The scheduler of diffusers that wrote the file; only its forward process is used. */
  readonly _class_name?: string | null;
  /** Number of training timesteps. @default {1000} */
  readonly num_train_timesteps?: number | null;
  /** First β. @default {0.0001} */
  readonly beta_start?: number | null;
  /** Last β. @default {0.02} */
  readonly beta_end?: number | null;
  /** How β goes from the first to the last. @default {"linear"} */
  readonly beta_schedule?: BetaSchedule | null;
  /** One β a training timestep, in place of the three above. */
  readonly trained_betas?: readonly number[] | null;
  /** The quantity that the model predicts. @default {"epsilon"} */
  readonly prediction_type?: "epsilon" | "v_prediction" | "sample" | null;
  /** Whether no signal is left at the last timestep. @default {false} */
  readonly rescale_betas_zero_snr?: boolean | null;
  /** How inference steps are laid over training timesteps. @default {"leading" with DDIM, else "linspace"} */
  readonly timestep_spacing?: "leading" | "trailing" | "linspace" | null;
  /** Added to every timestep in leading spacing. @default {0} */
  readonly steps_offset?: number | null;
  /** Read by DDIM. @default {true} */
  readonly clip_sample?: boolean | null;
  /** Bound on clean samples, with `clip_sample`. @default {1} */
  readonly clip_sample_range?: number | null;
  /** Read by DDIM. @default {true} */
  readonly set_alpha_to_one?: boolean | null;
  /** Read by DPM-Solver++ and Euler, as are all that follow. @default {false} */
  readonly use_karras_sigmas?: boolean | null;
  /** Least σ of Karras's spacing. @default {that of the betas} */
  readonly sigma_min?: number | null;
  /** Largest σ of Karras's spacing. @default {that of the betas} */
  readonly sigma_max?: number | null;
  /** Whether noise levels are spaced geometrically. @default {false} */
  readonly use_exponential_sigmas?: boolean | null;
  /** Whether noise levels are spaced by the beta distribution. @default {false} */
  readonly use_beta_sigmas?: boolean | null;
  /** Whether noise levels are spaced by Lu et al.'s λ. @default {false} */
  readonly use_lu_lambdas?: boolean | null;
  /** Noise level after the last step. @default {"zero"} */
  readonly final_sigmas_type?: string | null;
  /** How noise levels between timesteps are found: only linearly. @default {"linear"} */
  readonly interpolation_type?: string | null;
  /** Form of the solver of DPM-Solver++. @default {"dpmsolver++"} */
  readonly algorithm_type?: string | null;
  /** Order of a multistep solver. @default {2} */
  readonly solver_order?: number | null;
  /** Form of the second-order update: only by the midpoint. @default {"midpoint"} */
  readonly solver_type?: string | null;
  /** Whether the last of fewer than 15 steps are of lower order. @default {true} */
  readonly lower_order_final?: boolean | null;
  /** Whether UniPC goes by clean samples. @default {true}, and nothing else is supported */
  readonly predict_x0?: boolean | null;
  /** Steps that UniPC does not correct. @default {[]}, and nothing else is supported */
  readonly disable_corrector?: readonly number[] | null;
  /** Whether the last step is of first order however many steps are taken. @default {false} */
  readonly euler_at_final?: boolean | null;
  /** Steps of the distillation, read by LCM and TCD. @default {50} */
  readonly original_inference_steps?: number | null;
  /** Factor of timesteps in LCM's boundary condition. @default {10} */
  readonly timestep_scaling?: number | null;
  /** Shift of the noise levels of a flow. @default {1} */
  readonly shift?: number | null;
  /** Variance of fresh noise, read by DDPM. @default {"fixed_small"} */
  readonly variance_type?: string | null;
  /** Whether PNDM begins without Runge-Kutta steps. @default {true}, and nothing else is supported */
  readonly skip_prk_steps?: boolean | null;
  /** Least log signal-to-noise ratio: only none. @default {-Infinity} */
  readonly lambda_min_clipped?: number | null;
}

/** How β runs from `beta_start` to `beta_end`. */
export type BetaSchedule = "linear" | "scaled_linear" | "squaredcos_cap_v2";
