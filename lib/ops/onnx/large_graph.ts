import { sizeOf } from "../../core/tensor.ts";
import type { OnnxInitializer } from "./proto.ts";

/**
 * Bytes of weights, in float32, above which a graph is large: its weights then stay where and as
 * they lie, and no copies of them are made for speed.
 */
export const largeGraph = 2 ** 30;

/** Bytes that the weights in files take in float32, whatever they are stored in. */
export function widenedBytes(
  initializers: readonly OnnxInitializer[],
): number {
  return initializers.reduce(
    (bytes, { external, shape }) => bytes + (external ? 4 * sizeOf(shape) : 0),
    0,
  );
}

/** How onnxruntime treats the weights of a graph. */
export interface WeightTreatment {
  /** How far onnxruntime rewrites the graph. */
  readonly graphOptimizationLevel: "all" | "extended";
  /** Entries of a session's config. */
  readonly extra?: { readonly session: Readonly<Record<string, string>> };
}

/**
 * How onnxruntime treats a graph's weights.
 *
 * "all" would also copy every convolution's weights into blocks of channels. For a UNet of Stable
 * Diffusion's size that saves under 4 % of a step and takes longer than twenty steps save. Without it
 * the weights stay on disk until they are needed. Matrices of float32 are packed, which saves 5 to
 * 10 % of a step; those of half precision would be widened for it, which takes the memory of both.
 */
export function weightTreatment(
  initializers: readonly OnnxInitializer[],
  largeFrom: number = largeGraph,
): WeightTreatment {
  if (widenedBytes(initializers) <= largeFrom) {
    return { graphOptimizationLevel: "all" };
  }
  const half = initializers.some(({ external, type }) =>
    external !== undefined && (type === "F16" || type === "BF16")
  );
  return {
    graphOptimizationLevel: "extended",
    ...(half ? { extra: { session: { disable_prepacking: "1" } } } : {}),
  };
}
