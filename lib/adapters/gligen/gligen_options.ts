import { nested } from "../../core/check_options.ts";
import { type Kind, number, numbers } from "../../core/kinds.ts";
import type { GroundingShares } from "./grounding_schedule.ts";

/** Settings of GLIGEN (scheduled sampling). */
export interface GligenOptions {
  /** Part of the steps, from the first, that are grounded; the others run the plain denoiser. @default {0.3} */
  readonly beta?: number;
  /**
   * Parts of the steps with full, falling and no grounding, which sum to 1, as the original's
   * `alpha_type`; in the place of `beta`.
   *
   * @default {[beta, 0, 1 - beta]}
   */
  readonly schedule?: GroundingShares;
}

const part = { min: 0, max: 1 };

/** The kind of {@linkcode GligenOptions}. */
export const gligenOptions: Kind = nested<GligenOptions>({
  must: "an object of settings such as { beta: 0.3 }",
  fields: {
    beta: number(part),
    schedule: numbers(3, "three parts that sum to 1, each", part),
  },
  elsewhere: {
    gligen_scheduled_sampling_beta: "beta",
    scheduled_sampling_beta: "beta",
    alpha_type: "schedule",
  },
  together: ({ beta, schedule }) => {
    if (beta !== undefined && schedule !== undefined) {
      return "beta and schedule are one setting: give one of them";
    }
    const sum = (schedule ?? [1]).reduce((a, b) => a + b, 0);
    return Math.abs(sum - 1) < 1e-6
      ? undefined
      : `schedule sums to ${+sum.toFixed(6)}: its three parts must sum to 1`;
  },
});

/** Parts of the steps by their grounding. */
export function groundingShares(
  { beta = 0.3, schedule }: GligenOptions,
): GroundingShares {
  return schedule ?? [beta, 0, 1 - beta];
}
