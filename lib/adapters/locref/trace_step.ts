import type { Values } from "../../ops/executor.ts";
import type { Size } from "../../core/geometry.ts";
import type { Tensor } from "../../core/tensor.ts";
import {
  crossAttentionLayers,
  levelSizes,
  sizeKey,
} from "../../bases/sd/cross_attention_layers.ts";
import { headsAt, type UnetConfig } from "../../bases/sd/unet_config.ts";
import type { TraceEntry } from "./trace_entry.ts";
import { floats } from "../../core/tensor_rows.ts";

/**
 * What each term of Eq. (1) contributed to every cross-attention layer in one step.
 *
 * At each query position the share of a term is the length of its vector (its factor times its
 * attention's result) over the sum of the lengths of all terms. Only the conditional half of the
 * batch is looked at.
 */
export function traceStep(
  step: { readonly step: number; readonly values: Values<Tensor> },
  config: UnetConfig,
  latent: Size,
): TraceEntry[] {
  const sizes = levelSizes(config, latent);
  return crossAttentionLayers(config).map(({ level, path }, layer) => {
    const size = sizes[level]!;
    const lengths = termLengths(step.values, layer, {
      key: sizeKey(size),
      heads: headsAt(config, level),
    });
    const { text, composite, instances } = toShares(lengths);
    return { step: step.step, layer, path, size, text, composite, instances };
  });
}

/** One number a query position for each term. */
interface Terms {
  readonly text: Float32Array;
  readonly composite: Float32Array;
  readonly instances: readonly Float32Array[];
}

function termLengths(
  values: Values<Tensor>,
  layer: number,
  { key, heads }: { key: string; heads: number },
): Terms {
  const q = lastRow(values[`query.${layer}`]!);
  const lengths = (source: string, mask: Tensor | undefined) => {
    const k = values[`${source}_k.${layer}`];
    const v = values[`${source}_v.${layer}`];
    if (k === undefined || v === undefined) return [];
    const pairs = groups(k).map((one, i) => [one, groups(v)[i]!] as const);
    return pairs.map(([k, v], group) =>
      attentionLengths(q, { k, v, heads }).map((length, at) =>
        length * factorAt(mask, group, at, pairs.length)
      )
    );
  };
  const text = lengths(
    "text",
    values[`caption_mask.${key}`] ?? values[`text_mask.${key}`],
  );
  const empty = new Float32Array(q.shape[0]!);
  return {
    text: text.reduce((sum, one) => sum.map((value, i) => value + one[i]!)),
    composite: lengths("ci", values[`ci_mask.${key}`])[0] ?? empty,
    instances: lengths("ri", values[`ri_mask.${key}`]),
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
