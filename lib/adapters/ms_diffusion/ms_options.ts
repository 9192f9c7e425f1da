import { nested } from "../../core/check_options.ts";
import { flag, type Kind, number } from "../../core/kinds.ts";

/** Settings of MS-Diffusion. */
export interface MsOptions {
  /** Strength of pictures, times the `scale` of each instance. @default {0.6} */
  readonly scale?: number;
  /**
   * Whether the dummy tokens act where no box lies, as in the paper. In the published code they never
   * do.
   *
   * @default {false}
   */
  readonly dummyTokens?: boolean;
}

/** The kind of {@linkcode MsOptions}. */
export const msOptions: Kind = nested<MsOptions>({
  must: "an object of settings such as { scale: 0.6 }",
  fields: {
    scale: number({ min: 0, max: 1000 }),
    dummyTokens: flag,
  },
  elsewhere: { dummy: "dummyTokens", use_dummy_tokens: "dummyTokens" },
});
