import { nested } from "../../core/check_options.ts";
import { type Kind, number, whole } from "../../core/kinds.ts";

/** Settings of layout guidance, with those of its published runs as defaults. */
export interface LayoutGuidanceOptions {
  /** Steps before which the latents are moved. @default {a fifth of the steps: 10 of 50} */
  readonly steps?: number;
  /** Most moves before a step. @default {5} */
  readonly iterations?: number;
  /** Factor of the energy. @default {30} */
  readonly scale?: number;
  /** Energy, without the factor, below which latents stay. @default {0.2} */
  readonly threshold?: number;
}

/** The kind of {@linkcode LayoutGuidanceOptions}. */
export const layoutGuidanceOptions: Kind = nested<LayoutGuidanceOptions>({
  must: "an object of settings such as { steps: 10 }",
  fields: {
    steps: whole({ min: 0, max: 1000 }),
    iterations: whole({ min: 1, max: 100 }),
    scale: number({ min: 0, max: 10000 }),
    threshold: number({ min: 0, max: 1000 }),
  },
  elsewhere: {
    loss_scale: "scale",
    loss_threshold: "threshold",
    max_iter: "iterations",
    max_index_step: "steps",
  },
});
