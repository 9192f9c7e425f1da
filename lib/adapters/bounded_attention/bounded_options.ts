import { type Fields, nested } from "../../core/check_options.ts";
import { type Kind, number, numbers, whole } from "../../core/kinds.ts";

/** Settings of Bounded Attention, with those of its published runs as defaults. */
export interface BoundedOptions {
  /** Steps before which the latents are moved. @default {three tenths of the steps: 15 of 50} */
  readonly steps?: number;
  /** Most moves before a step. @default {5} */
  readonly iterations?: number;
  /** Sizes of the first move and of the last. @default {[8, 2], of Stable Diffusion XL [18, 5]} */
  readonly stepSizes?: readonly [number, number];
  /** Mean loss of a subject below which latents stay. @default {0.2} */
  readonly threshold?: number;
}

const fields: Fields<BoundedOptions> = {
  steps: whole({ min: 0, max: 1000 }),
  iterations: whole({ min: 1, max: 100 }),
  stepSizes: numbers(2, "two numbers", { min: 0, max: 1000 }),
  threshold: number({ min: 0, max: 1000 }),
};

/** The kind of {@linkcode BoundedOptions}. */
export const boundedOptions: Kind = nested<BoundedOptions>({
  must: "an object of settings such as { steps: 15 }",
  fields,
  elsewhere: {
    num_guidance_steps: "steps",
    num_gd_iterations: "iterations",
    loss_threshold: "threshold",
  },
});
