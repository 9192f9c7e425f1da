import {
  appearanceNet,
  type AppearanceNetShape,
} from "../../lib/adapters/locref/appearance_net.ts";
import {
  type Branch,
  branchKeyValue,
  type LayerReferences,
  layoutNetIndex,
} from "../../lib/adapters/locref/layout_net.ts";
import {
  locrefGraph,
  referenceInputs,
} from "../../lib/adapters/locref/locref_graph.ts";
import type { DenoiserShape } from "../../lib/bases/denoiser_shape.ts";
import type { KeyValue } from "../../lib/bases/hooks.ts";
import {
  type AttentionSite,
  attentionSizes,
  crossSites,
} from "../../lib/bases/places.ts";
import { textInputs } from "../../lib/bases/text_inputs.ts";
import { sizeKey } from "../../lib/core/size_key.ts";
import type { Values } from "../../lib/ops/executor.ts";
import type { Ops } from "../../lib/ops/ops.ts";
import type { Size } from "../../lib/core/geometry.ts";
import type { Params } from "../../lib/ops/params.ts";

/** Inputs of the denoiser in training. */
export interface DenoiserInputs<T> {
  /**
   * Noisy latents `sample`, the masks of Eq. (1) by size, and other inputs of the base's step, such
   * as `time`, by the names in its program.
   */
  readonly given: Values<T>;
  /** Text, `[N, tokens, width of text]`. */
  readonly text: T;
  /** Features of the composite images, `[N, width]` or `[N, tokens, width]`. */
  readonly ci: T;
  /** Features of the references, `[N · instances, …]`. */
  readonly ri: T;
  /** Height and width of the latents. */
  readonly size: Size;
  /** Is given the queries of each cross-attention layer, and its keys and values of the composite image. */
  readonly watch?: (layer: AttentionLayer<T>) => void;
}

/** Queries of a cross-attention layer, and its keys and values of the composite image. */
export interface AttentionLayer<T>
  extends Pick<AttentionSite, "level" | "heads" | "width"> {
  /** `[N, Q, width]`. */
  readonly queries: T;
  /** Keys and values of the composite image, `[N, tokens, width]`. */
  readonly ci: KeyValue<T>;
}

/** The two parts of a {@linkcode locrefDenoiser}. */
export interface TrainedShape {
  readonly denoiser: DenoiserShape;
  readonly appearanceNet: AppearanceNetShape;
}

/** Names of the masks of Eq. (1) among the inputs of a step. */
export function maskNames({ places }: DenoiserShape, size: Size): string[] {
  return attentionSizes(places(size)).flatMap((at) =>
    ["text", "ci", "ri"].map((name) => `${name}_mask.${sizeKey(at)}`)
  );
}

/**
 * Denoiser, Layout-net and Appearance-Net as one function, from image features to the prediction: what
 * gradients are taken of. In inference keys and values are computed once instead.
 *
 * @param p weights of the denoiser and of the adapter, under the names of their files.
 */
export function locrefDenoiser<T>(
  ops: Ops<T>,
  p: Params<T>,
  { given, text: tokens, ci, ri, size, watch }: DenoiserInputs<T>,
  shape: TrainedShape,
): T {
  const { denoiser } = shape;
  const sites = crossSites(denoiser.places(size));
  const layers = pictureLayers(ops, p, { given, ci, ri, sites }, shape);
  const text = denoiser.textKeyValues({}).run(ops, p, { tokens });
  const step = denoiser.step({
    ...{ size, adapters: [locrefGraph()], trace: watch !== undefined },
  });
  const { prediction, ...traced } = step.run(ops, p, {
    ...given,
    ...textInputs(sites.map(({ layer }) => ({
      k: text[`k.${layer}`]!,
      v: text[`v.${layer}`]!,
    }))),
    ...referenceInputs(layers),
  });
  // in the order in which the denoiser runs its layers, as losses sum over them
  for (const [name, queries] of Object.entries(traced)) {
    const layer = Number(/^query\.(\d+)$/.exec(name)?.[1]);
    const { level, heads, width } = sites[layer]!;
    watch?.({ level, heads, width, queries, ci: layers[layer]!.ci });
  }
  return prediction!;
}

/** Keys and values of the pictures in every cross-attention layer. */
function pictureLayers<T>(
  ops: Ops<T>,
  p: Params<T>,
  { given, ci, ri, sites }: Pick<DenoiserInputs<T>, "given" | "ci" | "ri"> & {
    readonly sites: readonly AttentionSite[];
  },
  { denoiser, appearanceNet: net }: TrainedShape,
): LayerReferences<T>[] {
  const tokens = {
    ci: appearanceNet(ops, p, ci, net),
    ri: appearanceNet(ops, p, ri, net),
  };
  const from = denoiser.textWidth;
  const branchOf = (branch: Branch, { layer, width }: AttentionSite) =>
    branchKeyValue(
      ops,
      p.at("layout_net").at(layoutNetIndex(layer)),
      tokens[branch],
      { branch, from, width },
    );
  return sites.map((at) => {
    const { k, v } = branchOf("ri", at);
    const weights = given[`ri_mask.${sizeKey(at.size)}`]!;
    return {
      ci: branchOf("ci", at),
      ri: {
        k: ops.groupTokens(k, weights),
        v: ops.groupTokens(v, weights),
      },
    };
  });
}
