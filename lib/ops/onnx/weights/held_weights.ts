/** Weights of half precision that stay so in memory, and are widened in each run. */

import { sizeOf } from "../../../core/tensor.ts";
import type { WeightSource } from "../../executor.ts";
import type { GraphBuilder, OnnxLayer } from "../graph.ts";

/** Bytes in float32 that a processor's cache holds until a product has read them. */
const cached = 2 ** 22;

/** Bytes in float32 from which on memory bounds how fast weights are widened. */
const large = 2 ** 24;

/** Bytes of all weights of a source in float32, for which no program is run. */
export function bytesOfAll(weights: WeightSource): number {
  return weights.names().reduce(
    (bytes, name) => bytes + 4 * sizeOf(weights.info(name)!.shape),
    0,
  );
}

/**
 * Keeps matrices and kernels as they are stored: onnxruntime casts constants once, but inputs with a
 * value of their own in each run. Norms and biases are small, and as inputs, which are many then, they
 * would make a session take twice as long to open.
 */
export function holdStored(
  builder: GraphBuilder,
  used: ReadonlySet<string>,
  isHeld: () => boolean,
): void {
  const wanted = builder.half ? "F16" : "F32";
  const stored = builder.initializers.filter((
    { name, type, external, shape },
  ) =>
    used.has(name) && external !== undefined && type !== wanted &&
    shape.length > 1
  );
  if (stored.length === 0 || !isHeld()) return;
  for (const { name, shape } of stored) builder.unfold({ name, shape });
}

/**
 * Parts in which the rows of a layer's weights are widened, each just before its product. It is one
 * where joining the results would take longer: where a picture has more tokens than half the width.
 */
export function widenedParts(
  graph: GraphBuilder,
  { x, weight }: OnnxLayer,
): number {
  const [out, width] = weight.shape as [number, number];
  const tokens = sizeOf(x.shape.slice(1, -1) as number[]);
  const bytes = 4 * out * width;
  if (bytes < large || 2 * tokens > width || !graph.isWidened(weight)) return 1;
  let parts = 1;
  while (bytes / parts > cached && out % (2 * parts) === 0) parts *= 2;
  return parts;
}
