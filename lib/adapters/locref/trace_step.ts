import type { TracedStep } from "../adapter.ts";
import type { Tensor } from "../../core/tensor.ts";
import { readText } from "../../bases/text_inputs.ts";
import type { KeyValue } from "../../bases/hooks.ts";
import type { AttentionSite } from "../../bases/places.ts";
import type { LayerMasks, LayerReferences } from "./layout_net.ts";
import { readLocref } from "./locref_graph.ts";
import type { InstanceData } from "../../scene_data/scene_data.ts";
import { type PictureGroup, pictureGroups } from "./picture_groups.ts";
import type { TraceEntry } from "../trace_entry.ts";
import { floats } from "../../core/tensor_rows.ts";

/**
 * The contribution of each term of Eq. (1) to every cross-attention layer in one step.
 *
 * A term's vector is its factor times its attention's result. At each query position its share is the
 * length of that vector over the sum of the lengths of all. Only the conditional half of the batch is
 * looked at.
 */
export function traceStep(
  step: TracedStep,
  sites: readonly AttentionSite[],
  instances: readonly InstanceData[] = [],
): TraceEntry[] {
  const groups = pictureGroups(instances);
  const text = readText(step.values, sites.length);
  const own = readLocref(step.values, sites);
  return sites.map((at) => {
    const { layer, level, path, size } = at;
    const q = step.values[`query.${layer}`]!;
    const lengths = termLengths(q, at, {
      text: text[layer]!,
      references: own.layers[layer]!,
      masks: own.masks[level]!,
    });
    const shares = toShares(lengths);
    return {
      ...{ step: step.step, layer, path, size },
      ...shares,
      instances: byInstance(shares.instances, groups),
    };
  });
}

/** Shares of groups of tokens, those of one instance added up. */
function byInstance(
  shares: readonly Float32Array[],
  groups: readonly PictureGroup[],
): readonly Float32Array[] {
  if (groups.every(({ instance }, i) => instance === i)) return shares;
  const sums: Float32Array[] = [];
  for (const [i, { instance }] of groups.entries()) {
    const sum = sums[instance];
    sums[instance] = shares[i]!.map((one, at) => one + (sum?.[at] ?? 0));
  }
  return sums;
}

/** One number a query position for each term. */
interface Terms {
  readonly text: Float32Array;
  readonly composite: Float32Array;
  readonly instances: readonly Float32Array[];
}

/** The values that a layer computes Eq. (1) from. */
interface LayerValues {
  readonly text: KeyValue<Tensor>;
  readonly references: LayerReferences<Tensor>;
  readonly masks: LayerMasks<Tensor>;
}

function termLengths(
  queries: Tensor,
  { heads }: AttentionSite,
  { text, references: { ci, ri }, masks }: LayerValues,
): Terms {
  const q = lastRow(queries);
  const lengths = ({ k, v }: KeyValue<Tensor>, mask: Tensor | undefined) => {
    // a model without an adapter has neither references nor their masks
    if (k === undefined) return [];
    const pairs = groups(k).map((one, i) => [one, groups(v)[i]!] as const);
    return pairs.map(([k, v], group) =>
      attentionLengths(q, { k, v, heads }).map((length, at) =>
        length * factorAt(mask, group, at, pairs.length)
      )
    );
  };
  const captions = lengths(text, masks.captions ?? masks.text);
  const empty = new Float32Array(q.shape[0]!);
  return {
    text: captions.reduce((sum, one) => sum.map((x, i) => x + one[i]!)),
    composite: lengths(ci, masks.ci)[0] ?? empty,
    instances: lengths(ri, masks.ri),
  };
}

/** A mask's factor; `[1, groups, Q]` and `[1, Q, 1]` lie alike where there is one group. */
function factorAt(
  mask: Tensor | undefined,
  group: number,
  at: number,
  count: number,
): number {
  if (mask === undefined) return 1;
  const data = floats(mask);
  return data[group * (data.length / count) + at]!;
}

function toShares({ text, composite, instances }: Terms): Terms {
  const all = [text, composite, ...instances];
  const total = text.map((_, at) =>
    all.reduce((sum, term) => sum + term[at]!, 0)
  );
  const share = (term: Float32Array) =>
    term.map((value, at) => total[at]! > 0 ? value / total[at]! : 0);
  return {
    text: share(text),
    composite: share(composite),
    instances: instances.map(share),
  };
}

/** A matrix `[rows, width]`. */
interface Matrix {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The last row of a batch: `[N, Q, W]` as `[Q, W]`. */
function lastRow(x: Tensor): Matrix {
  const shape = x.shape.slice(1);
  const length = shape.reduce((a, b) => a * b, 1);
  return { shape, data: floats(x).subarray(floats(x).length - length) };
}

/** The groups of keys or values in the last row of a batch: `[N, G, K, W]` or `[N, K, W]`. */
function groups(x: Tensor): Matrix[] {
  const { shape, data } = lastRow(x);
  if (shape.length === 2) return [{ shape, data }];
  const [count, ...rest] = shape;
  const length = data.length / count!;
  return Array.from({ length: count! }, (_, i) => ({
    shape: rest,
    data: data.subarray(i * length, (i + 1) * length),
  }));
}

/** ‖softmax(q kᵀ / √d) v‖ of each row of `q`, over all heads together. */
function attentionLengths(
  q: Matrix,
  source: { k: Matrix; v: Matrix; heads: number },
): Float32Array {
  const { k, v, heads } = source;
  const [queries, width] = q.shape as [number, number];
  const lengths = new Float32Array(queries);
  const head = width / heads;
  const mixed = new Float32Array(width);
  for (let at = 0; at < queries; at++) {
    mixed.fill(0);
    const row = q.data.subarray(at * width, (at + 1) * width);
    for (let h = 0; h < heads; h++) mixHead(mixed, row, k, v, h * head, head);
    lengths[at] = Math.hypot(...mixed);
  }
  return lengths;
}

function mixHead(
  mixed: Float32Array,
  q: Float32Array,
  k: Matrix,
  v: Matrix,
  from: number,
  length: number,
): void {
  const [tokens, width] = k.shape as [number, number];
  const weights = new Float32Array(tokens);
  let largest = -Infinity;
  for (let t = 0; t < tokens; t++) {
    let dot = 0;
    for (let c = from; c < from + length; c++) {
      dot += q[c]! * k.data[t * width + c]!;
    }
    weights[t] = dot / Math.sqrt(length);
    largest = Math.max(largest, weights[t]!);
  }
  let sum = 0;
  for (let t = 0; t < tokens; t++) {
    weights[t] = Math.exp(weights[t]! - largest);
    sum += weights[t]!;
  }
  for (let t = 0; t < tokens; t++) {
    const weight = weights[t]! / sum;
    for (let c = from; c < from + length; c++) {
      mixed[c]! += weight * v.data[t * width + c]!;
    }
  }
}
