/**
 * `scheduler_config.json`, as far as it is used. A key that is missing or null takes the default of
 * the sampler that runs, not of the scheduler that wrote the file.
 */
export interface SchedulerConfig {
  /** The scheduler of diffusers that wrote the file; only its forward process is used. */
  readonly _class_name?: string | null;
  /** @default {1000} */
  readonly num_train_timesteps?: number | null;
  /** @default {0.0001} */
  readonly beta_start?: number | null;
  /** @default {0.02} */
  readonly beta_end?: number | null;
  /** @default {"linear"} */
  readonly beta_schedule?: BetaSchedule | null;
  /** One β a training timestep, in place of the three above. */
  readonly trained_betas?: readonly number[] | null;
  /** @default {"epsilon"} */
  readonly prediction_type?: "epsilon" | "v_prediction" | "sample" | null;
  /** Whether no signal is left at the last timestep. @default {false} */
  readonly rescale_betas_zero_snr?: boolean | null;
  /** @default {"leading" with DDIM, else "linspace"} */
  readonly timestep_spacing?: "leading" | "trailing" | "linspace" | null;
  /** @default {0} */
  readonly steps_offset?: number | null;
  /** Read by DDIM. @default {true} */
  readonly clip_sample?: boolean | null;
  /** @default {1} */
  readonly clip_sample_range?: number | null;
  /** Read by DDIM. @default {true} */
  readonly set_alpha_to_one?: boolean | null;
  /** Read by DPM-Solver++ and Euler, as are all that follow. @default {false} */
  readonly use_karras_sigmas?: boolean | null;
  /** Least σ of Karras's spacing. @default {that of the betas} */
  readonly sigma_min?: number | null;
  /** Largest σ of Karras's spacing. @default {that of the betas} */
  readonly sigma_max?: number | null;
  /** @default {false} */
  readonly use_exponential_sigmas?: boolean | null;
  /** @default {false} */
  readonly use_beta_sigmas?: boolean | null;
  /** @default {false} */
  readonly use_lu_lambdas?: boolean | null;
  /** @default {"zero"} */
  readonly final_sigmas_type?: string | null;
  /** @default {"linear"}, and nothing else is supported */
  readonly interpolation_type?: string | null;
  /** @default {"dpmsolver++"} */
  readonly algorithm_type?: string | null;
  /** @default {2} */
  readonly solver_order?: number | null;
  /** @default {"midpoint"}, and nothing else is supported */
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
  /** @default {-Infinity}, and nothing else is supported */
  readonly lambda_min_clipped?: number | null;
}

/** How β runs from `beta_start` to `beta_end`. */
export type BetaSchedule = "linear" | "scaled_linear" | "squaredcos_cap_v2";
