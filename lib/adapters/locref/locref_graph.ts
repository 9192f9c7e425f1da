import type { AdapterGraph, Hooks, KeyValue } from "../../bases/hooks.ts";
import { type AttentionSite, crossSites } from "../../bases/places.ts";
import type { Size } from "../../core/geometry.ts";
import type { Signature, Values } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import { sizeKey } from "../../core/size_key.ts";
import {
  type LayerMasks,
  type LayerReferences,
  layoutNet,
} from "./layout_net.ts";

/** Everything that LocRef reads inside the denoiser. */
export interface LocRefInputs<T> {
  /** Keys and values of the pictures in each cross-attention layer. */
  readonly layers: readonly LayerReferences<T>[];
  /** Masks of Eq. (1) by level. */
  readonly masks: readonly (LayerMasks<T> | undefined)[];
}

/** LocRef's hooks: Layout-net in every cross-attention layer, Eq. (1). */
function locrefHooks<T>(
  ops: Ops<T>,
  { layers, masks }: LocRefInputs<T>,
): Hooks<T> {
  return {
    cross: ({ layer, level, heads }, q, text) =>
      layoutNet(ops, q, text, layers[layer]!, { masks: masks[level]!, heads }),
  };
}

/** LocRef in a denoiser's graph, for scenes whose instances have captions of their own or not. */
export function locrefGraph(
  { captions = false }: { captions?: boolean } = {},
): AdapterGraph {
  return {
    prefix: "locref",
    bareInputs: true,
    acts: ["cross"],
    // Eq. (1) masks the text's own term: whoever else adds to it would be masked, or mask LocRef
    alone: ["cross", "around"],
    layerInputs: ({ layer, width }) => ({
      [`ci_k.${layer}`]: float("batch", "ci_tokens", width),
      [`ci_v.${layer}`]: float("batch", "ci_tokens", width),
      [`ri_k.${layer}`]: float("batch", "instances", "ri_tokens", width),
      [`ri_v.${layer}`]: float("batch", "instances", "ri_tokens", width),
    }),
    sizeInputs: (size) => maskSignatures(size, captions),
    hooks: (ops, _, inputs, places) =>
      locrefHooks(ops, readLocref(inputs, crossSites(places))),
  };
}

function float(...shape: (number | string)[]): Signature {
  return { kind: "float", shape };
}

function maskSignatures(
  size: Size,
  captions: boolean,
): Record<string, Signature> {
  const queries = size.height * size.width;
  const key = sizeKey(size);
  const text = captions
    ? { [`caption_mask.${key}`]: float(1, "captions", queries) }
    : { [`text_mask.${key}`]: float(1, queries, 1) };
  return {
    ...text,
    [`ci_mask.${key}`]: float(1, queries, 1),
    [`ri_mask.${key}`]: float(1, "instances", queries),
  };
}

/** LocRef's values among a program's inputs. */
export function readLocref<T>(
  inputs: Values<T>,
  sites: readonly AttentionSite[],
): LocRefInputs<T> {
  const pair = (name: string, layer: number): KeyValue<T> => ({
    k: inputs[`${name}_k.${layer}`]!,
    v: inputs[`${name}_v.${layer}`]!,
  });
  const masks: LayerMasks<T>[] = [];
  for (const { level, size } of sites) {
    const key = sizeKey(size);
    masks[level] = {
      text: inputs[`text_mask.${key}`]!,
      ci: inputs[`ci_mask.${key}`]!,
      ri: inputs[`ri_mask.${key}`]!,
      captions: inputs[`caption_mask.${key}`],
    };
  }
  return {
    layers: sites.map(({ layer }) => ({
      ci: pair("ci", layer),
      ri: pair("ri", layer),
    })),
    masks,
  };
}

/** Both branches, layer by layer. */
export function joinBranches<T>(
  ci: readonly KeyValue<T>[],
  ri: readonly KeyValue<T>[],
): LayerReferences<T>[] {
  return ci.map((one, i) => ({ ci: one, ri: ri[i]! }));
}

/** Keys and values of the pictures as inputs of the program. */
export function referenceInputs<T>(
  layers: readonly LayerReferences<T>[],
): Values<T> {
  return Object.fromEntries(layers.flatMap(({ ci, ri }, i) => [
    [`ci_k.${i}`, ci.k],
    [`ci_v.${i}`, ci.v],
    [`ri_k.${i}`, ri.k],
    [`ri_v.${i}`, ri.v],
  ]));
}
