/** First and last β of Stable Diffusion, which some schedulers of diffusers have as defaults. */
export const latentBetas = { beta_start: 0.00085, beta_end: 0.012 } as const;
