import {
  appearanceNet,
  type AppearanceNetShape,
} from "../../lib/adapters/locref/appearance_net.ts";
import {
  type Branch,
  branchKeyValue,
  type LayerMasks,
  type LayerReferences,
} from "../../lib/adapters/locref/layout_net.ts";
import { locrefHooks } from "../../lib/adapters/locref/locref_graph.ts";
import type { KeyValue } from "../../lib/bases/hooks.ts";
import type { Ops } from "../../lib/ops/ops.ts";
import type { Size } from "../../lib/core/geometry.ts";
import type { Params } from "../../lib/ops/params.ts";
import {
  type CrossAttentionLayer,
  crossAttentionLayers,
} from "../../lib/bases/sd/cross_attention_layers.ts";
import { textKeyValue } from "../../lib/bases/sd/key_value_programs.ts";
import { unet } from "../../lib/bases/sd/unet.ts";
import type { UnetConfig } from "../../lib/bases/sd/unet_config.ts";

/** Inputs of the denoiser in training. */
export interface DenoiserInputs<T> {
  /** Noisy latents. */
  readonly sample: T;
  /** Sinusoids of the timesteps, `[N, block_out_channels[0]]`. */
  readonly time: T;
  /** Text, `[N, tokens, cross_attention_dim]`. */
  readonly text: T;
  /** Features of the composite images, `[N, width]` or `[N, tokens, width]`. */
  readonly ci: T;
  /** Features of the references, `[N · instances, …]`. */
  readonly ri: T;
  /** Masks of Eq. (1) by level. */
  readonly masks: readonly LayerMasks<T>[];
  /** Height and width of the latents. */
  readonly size: Size;
  /** Is given what each cross-attention layer asks, and what it is offered of the composite image. */
  readonly watch?: (layer: AttentionLayer<T>) => void;
}

/** Queries of a cross-attention layer, and what it is offered of the composite image. */
export interface AttentionLayer<T> {
  /** How often the layer's grid of queries was halved. */
  readonly level: number;
  /** `[N, Q, width]`. */
  readonly queries: T;
  /** Keys and values of the composite image, `[N, tokens, width]`. */
  readonly ci: KeyValue<T>;
}

/** Configs of the two parts of a {@linkcode locrefDenoiser}. */
export interface DenoiserShape {
  readonly unet: UnetConfig;
  readonly appearanceNet: AppearanceNetShape;
}

/**
 * UNet, Layout-net and Appearance-Net as one function, from image features to the prediction: what
 * gradients are taken of. In inference keys and values are computed once instead.
 *
 * @param p weights of the UNet and of the adapter, under the names of their files.
 */
export function locrefDenoiser<T>(
  ops: Ops<T>,
  p: Params<T>,
  inputs: DenoiserInputs<T>,
  shape: DenoiserShape,
): T {
  const ci = appearanceNet(ops, p, inputs.ci, shape.appearanceNet);
  const ri = appearanceNet(ops, p, inputs.ri, shape.appearanceNet);
  const from = shape.unet.cross_attention_dim;
  const branchOf = (
    branch: Branch,
    tokens: T,
    { index, width }: CrossAttentionLayer,
  ): KeyValue<T> => {
    const at = p.at("layout_net").at(index);
    return branchKeyValue(ops, at, tokens, { branch, from, width });
  };
  const { sample, time, masks, size, watch } = inputs;
  const text: KeyValue<T>[] = [];
  const layers: LayerReferences<T>[] = [];
  for (const layer of crossAttentionLayers(shape.unet)) {
    const { k, v } = branchOf("ri", ri, layer);
    const { ri: weights } = masks[layer.level]!;
    text.push(textKeyValue(ops, p, inputs.text, layer, from));
    layers.push({
      ci: branchOf("ci", ci, layer),
      ri: {
        k: ops.groupTokens(k, weights),
        v: ops.groupTokens(v, weights),
      },
    });
  }
  return unet(ops, p, sample, shape.unet, {
    time,
    text,
    hooks: locrefHooks(ops, { layers, masks }),
    onQueries: watch &&
      (({ layer, level }, queries) =>
        watch({ level, queries, ci: layers[layer]!.ci })),
    size,
  });
}
