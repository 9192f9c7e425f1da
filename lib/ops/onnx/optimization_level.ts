import type { OnnxGraph } from "./proto.ts";

/** Size of weights, in bytes, from which on the convolutions' blocked layout is skipped. */
const layoutLimit = 2 ** 30;

/**
 * How far onnxruntime rewrites a graph.
 *
 * "all" would also copy every convolution's weights into blocks of channels. For a UNet of Stable
 * Diffusion's size that saves under 4 % of a step and takes longer than twenty steps save. Without
 * it the weights stay on disk until they are needed.
 */
export function optimizationLevel(graph: OnnxGraph): "all" | "extended" {
  const stored = graph.initializers.reduce(
    (bytes, { external }) => bytes + (external?.length ?? 0),
    0,
  );
  return stored > layoutLimit ? "extended" : "all";
}
