import { captionWeights } from "../../masks/caption_weights.ts";
import { foregroundMask } from "../../masks/foreground.ts";
import { referenceWeights } from "../../masks/reference_weights.ts";
import type { Values } from "../../ops/executor.ts";
import type { Size } from "../../core/geometry.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { sizeKey } from "../../core/size_key.ts";
import type { FusionSettings } from "./fusion_settings.ts";
import type { PictureGroup } from "./picture_groups.ts";

/** The instances of a scene as far as masks depend on them. */
export interface MaskedInstances {
  /** Coverage M of each instance at each attention size, by {@linkcode sizeKey}, values 0..1. */
  readonly coverages: ReadonlyMap<string, readonly Float32Array[]>;
  /** sᵢ of each instance at this step; 0 switches a reference off. */
  readonly scales: readonly number[];
  /** Depth of each instance, larger in front; equal ones as listed, later in front. */
  readonly depths: readonly number[];
  /** Which instances have captions of their own, in the order of their text tokens. */
  readonly captioned: readonly number[];
  /** Groups of tokens, where they are not one an instance. @default {one each} */
  readonly groups?: readonly Pick<PictureGroup, "instance" | "share">[];
}

/**
 * The mask inputs of a UNet program: every factor of Eq. (1) at every attention size.
 *
 * A scene without instances gets one instance with a mask of zeros, since the program wants one.
 */
export function maskInputs(
  sizes: readonly Size[],
  instances: MaskedInstances,
  settings: FusionSettings,
): Values<Tensor> {
  const inputs: Record<string, Tensor> = {};
  for (const size of sizes) {
    const key = sizeKey(size);
    const queries = size.height * size.width;
    const coverages = instances.coverages.get(key) ?? [];
    const foreground = foregroundMask(coverages, queries);
    const text = textFactor(foreground, settings);
    if (instances.captioned.length > 0) {
      inputs[`caption_mask.${key}`] = captionFactors(
        text,
        coverages,
        instances.captioned,
      );
    } else {
      inputs[`text_mask.${key}`] = tensor([1, queries, 1], text);
    }
    inputs[`ci_mask.${key}`] = tensor(
      [1, queries, 1],
      ciFactor(foreground, settings),
    );
    inputs[`ri_mask.${key}`] = riFactors(
      coverages,
      queries,
      instances,
      settings,
    );
  }
  return inputs;
}

/** Factor of T: `BM + τ·FM`, or 1 everywhere without GRG. */
function textFactor(
  foreground: Float32Array,
  settings: FusionSettings,
): Float32Array {
  const { grg, tau } = settings;
  return foreground.map((fm) => grg ? 1 - fm + tau * fm : 1);
}

/** Factor of C: `λc·FM`, or λc everywhere without GRG. */
function ciFactor(
  foreground: Float32Array,
  settings: FusionSettings,
): Float32Array {
  const { grg, lambdaCi } = settings;
  return foreground.map((fm) => grg ? lambdaCi * fm : lambdaCi);
}

/** Factors of A, one row a group of tokens: λr times the weights of {@linkcode referenceWeights}. */
function riFactors(
  coverages: readonly Float32Array[],
  queries: number,
  instances: MaskedInstances,
  settings: FusionSettings,
): Tensor {
  const groups = instances.groups ??
    coverages.map((_, instance) => ({ instance, share: 1 }));
  const count = Math.max(1, groups.length);
  const data = new Float32Array(count * queries);
  if (settings.iaf && coverages.length > 0) {
    const { overlap, lambdaRi } = settings;
    const { scales, depths } = instances;
    const weights = referenceWeights(coverages, scales, { overlap, depths });
    for (const [i, { instance, share }] of groups.entries()) {
      const factor = lambdaRi * share;
      data.set(weights[instance]!.map((w) => factor * w), i * queries);
    }
  }
  return tensor([1, count, queries], data);
}

/** Factors of the scene's own text and of each caption's, which share what Eq. (1) gives T. */
function captionFactors(
  text: Float32Array,
  coverages: readonly Float32Array[],
  captioned: readonly number[],
): Tensor {
  const queries = text.length;
  const own = captionWeights(captioned.map((i) => coverages[i]!));
  const rows = [own.text, ...own.captions];
  const data = new Float32Array(rows.length * queries);
  for (const [i, row] of rows.entries()) {
    data.set(row.map((weight, q) => weight * text[q]!), i * queries);
  }
  return tensor([1, rows.length, queries], data);
}
