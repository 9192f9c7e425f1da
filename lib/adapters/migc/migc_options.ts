import { nested } from "../../core/check_options.ts";
import { type Kind, number, whole } from "../../core/kinds.ts";

/** Settings of MIGC and MIGC++. */
export interface MigcOptions {
  /** Steps in which its own layers act, beside the first. @default {half of the steps: 25 of 50} */
  readonly steps?: number;
  /**
   * Steps in which all other layers mix captions by masks, beside the first (`NaiveFuserSteps`,
   * `RefinedSteps` of MIGC++).
   *
   * @default {none; all with MIGC++}
   */
  readonly fuserSteps?: number;
  /** Weight of captions in their instances. @default {1} */
  readonly caption?: number;
  /** Weight of the enhancement of instances, times the `scale` of each. @default {1} */
  readonly enhancement?: number;
  /** Weight of instances among the phases that are mixed. @default {1} */
  readonly score?: number;
}

const count = whole({ min: 0, max: 1000 });
const weight = number({ min: 0, max: 1000 });

/** The kind of {@linkcode MigcOptions}. */
export const migcOptions: Kind = nested<MigcOptions>({
  must: "an object of settings such as { steps: 25 }",
  fields: {
    steps: count,
    fuserSteps: count,
    caption: weight,
    enhancement: weight,
    score: weight,
  },
  elsewhere: {
    MIGCsteps: "steps",
    NaiveFuserSteps: "fuserSteps",
    RefinedSteps: "fuserSteps",
    ca_scale: "caption",
    ea_scale: "enhancement",
    sac_scale: "score",
  },
});
