import { nested } from "../../core/check_options.ts";
import { flag, type Kind, list, number, whole } from "../../core/kinds.ts";

/** Which of queries, keys and values take the style's statistics. */
export interface AdainParts {
  /** Queries. @default {true} */
  readonly q?: boolean;
  /** Keys. @default {true} */
  readonly k?: boolean;
  /** Values. @default {false} */
  readonly v?: boolean;
}

/** Settings of StyleAligned, with its names. */
export interface StyleAlignedOptions {
  /** Which of queries, keys and values take the style's statistics. @default {queries and keys} */
  readonly adain?: AdainParts;
  /** Added to the scores of the style's keys. @default {log 2 for a photograph, else 0} */
  readonly shift?: number;
  /** Factor of the style's keys. @default {1} */
  readonly scale?: number;
  /** Self-attention layers that are left plain, by their place from 0. @default {none} */
  readonly skip?: readonly number[];
  /**
   * Whether group norms take their statistics of picture and style together, as the published notebook
   * for Stable Diffusion 1.
   *
   * @default {false}
   */
  readonly groupNorm?: boolean;
  /** Guidance scale while a photograph is inverted. @default {2} */
  readonly inversionGuidance?: number;
}

/** The kind of {@linkcode StyleAlignedOptions}. */
export const styleAlignedOptions: Kind = nested<StyleAlignedOptions>({
  must: "an object of settings such as { shift: 0.7 }",
  fields: {
    adain: nested<AdainParts>({
      must: "an object such as { q: true, k: true, v: false }",
      fields: { q: flag, k: flag, v: flag },
    }),
    shift: number({ min: -100, max: 100 }),
    scale: number({ min: -100, max: 100 }),
    skip: list("a list of places of layers, from 0", whole()),
    groupNorm: flag,
    inversionGuidance: number({ min: 0, max: 1000 }),
  },
  elsewhere: {
    shared_score_shift: "shift",
    shared_score_scale: "scale",
    share_group_norm: "groupNorm",
  },
});
