import type { AdapterGraph } from "../../lib/bases/hooks.ts";
import type { Signature, Values } from "../../lib/ops/executor.ts";
import type { Ops } from "../../lib/ops/ops.ts";
import type { Params } from "../../lib/ops/params.ts";

/** Text that the frozen base reads, inside the graph. */
export interface FrozenText<T> {
  /** Keys and values `k.i` and `v.i` of tokens `[N, tokens, width]` in all cross-attention layers. */
  keyValues(tokens: T): Values<T>;
}

/**
 * An adapter as training sees it: all that lies between its weights and the denoiser, which inference
 * computes once a scene and gradients have to pass through.
 */
export interface AdapterNet {
  readonly graph: AdapterGraph;
  /** Kinds of the values that a batch holds for it. */
  readonly inputs: Readonly<Record<string, Signature["kind"]>>;
  /**
   * The inputs of its graph, under their own names.
   *
   * @param params The trained weights, under the names of the adapter's file.
   */
  conditions<T>(
    ops: Ops<T>,
    params: Params<T>,
    batch: Values<T>,
    text: FrozenText<T>,
  ): Values<T>;
}

/** Kinds of values that are no images. */
export function floats(
  names: readonly string[],
): Record<string, Signature["kind"]> {
  return Object.fromEntries(names.map((name) => [name, "float"]));
}

/** `tanh x`. */
export function tanh<T>(ops: Ops<T>, x: T): T {
  const share = ops.sigmoid(ops.scale(x, 2));
  return ops.sub(ops.scale(share, 2), ops.constant([], Float32Array.of(1)));
}
