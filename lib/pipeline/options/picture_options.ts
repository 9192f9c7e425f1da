import {
  chooseSampler,
  type ChosenSampler,
  type SamplerChoice,
} from "../../ddim/samplers.ts";
import { warnDeprecated } from "../../core/deprecated.ts";
import type { MethodOptions } from "../../adapters/method_options.ts";
import type { ImageLimits } from "../../images/image_limits.ts";
import type { Size } from "../../core/geometry.ts";
import type { GenerationStep } from "../generation_step.ts";
import type { ConditionOptions } from "./condition_options.ts";
import type { DecodeOptions } from "./decode_options.ts";
import type { FusionOptions } from "./fusion_options.ts";
import type { SteeringOptions } from "./steering_options.ts";

export type { FusionOptions };

/** Options of one picture, made on a model that is loaded. */
export interface PictureOptions
  extends ConditionOptions, DecodeOptions, SteeringOptions {
  /**
   * Seed of the noise, a whole number from 0 to 2⁵³ − 1; equal seeds give equal pictures. `"random"`
   * draws one, which `picture.provenance.seed` holds. @default {0}
   */
  seed?: number | "random";
  /**
   * Sampler, steps and guidance that a distilled model is made for, such as `lightning-4`; options given
   * beside it go before.
   */
  recipe?: string;
  /** Number of steps. @default {the model's own: the paper's 50 with a LocRef adapter, else its sampler's} */
  steps?: number;
  /** Guidance scale; 1 switches guidance and the negative caption off. @default {the model's own} */
  guidance?: number;
  /**
   * Part of the steps under guidance, as fractions `[from, to)` of all. The others run without the
   * unconditional branch, in half the time (Kynkäänniemi et al. 2024).
   *
   * @default {[0, 1]}
   */
  guidanceInterval?: readonly [number, number];
  /**
   * The whole UNet runs in every n-th step; in between only its outermost layers do, on deep
   * features of the last full step (Ma et al. 2024, "DeepCache").
   *
   * @default {1}
   */
  deepEvery?: number;
  /**
   * How noise becomes a picture: a name, or `{ name, … }` with options.
   *
   * @default {the paper's "ddim" with a LocRef adapter, else that of the model's scheduler config}
   */
  sampler?: SamplerChoice;
  /** Short for `sampler: { name, eta }`, 0..1; refused with samplers that have none. @default {0} */
  eta?: number;
  /** Size of the picture in pixels, multiples of the VAE factor. @default {the model's own, in the scene's aspect ratio} */
  size?: Size;
  /** Numbers and switches of Eq. (1): how text, composite image and references are fused. */
  fusion?: FusionOptions;
  /**
   * Numbers and switches of Eq. (1).
   *
   * @deprecated since 0.2, use `fusion`.
   */
  layout?: FusionOptions;
  /** Settings of the model's adapters beside LocRef, such as `{ gligen: { beta: 0.3 } }`. */
  methods?: MethodOptions;
  /** Folder that relative paths of the scene start from. @default {the current folder} */
  folder?: string;
  /** Path or hub id of the matting model for instances with `cutout: "model"`. */
  matting?: string;
  /** How large files and pictures of the scene may be. */
  limits?: ImageLimits;
  /**
   * Whether to record how much of every cross-attention layer's result comes from each instance, at
   * each place and step: `picture.trace`. Slower: the UNet is compiled anew and the host computes.
   *
   * @default {false}
   */
  trace?: boolean;
  /**
   * Called after each step of `generate`, and waited for; an error in it stops the run. Several
   * pictures are made one after the other. `steps()` yields the same and takes no `onStep`.
   */
  onStep?: (step: GenerationStep) => void | Promise<void>;
  /** Stops the run before its next step, or before the last one is decoded. */
  signal?: AbortSignal;
}

/**
 * The sampler of a run with its options.
 *
 * @throws {RangeError | TypeError} if it does not exist, or an option does not fit it.
 */
export function chosenSampler(
  { sampler = "ddim", eta }: Pick<PictureOptions, "sampler" | "eta">,
): ChosenSampler {
  const choice = typeof sampler === "string" ? { name: sampler } : sampler;
  // an η of 0 asks for what every other sampler does anyway
  const short = eta ? { eta } : {};
  return chooseSampler({ ...short, ...choice });
}

/** Numbers and switches of Eq. (1), also under the option's old name. */
export function chosenFusion(
  { fusion, layout }: Pick<PictureOptions, "fusion" | "layout">,
): FusionOptions | undefined {
  if (layout !== undefined) {
    warnDeprecated("Option layout of generate", "fusion");
  }
  return fusion ?? layout;
}
