import type { HostWeight, HostWeights } from "./host_weights.ts";
import { type Random, random } from "../../lib/core/random.ts";

/** How the values of one weight begin. */
export type Initial =
  | { readonly kind: "zeros" | "ones" }
  | { readonly kind: "normal"; readonly std: number }
  | { readonly kind: "uniform"; readonly bound: number };

/** Options of {@linkcode initialWeights}. */
export interface InitialWeightsOptions {
  /** @default {0} */
  readonly seed?: number;
  /** Says how a weight begins; `undefined` leaves it to {@linkcode defaultInitial}. */
  readonly rule?: (
    name: string,
    shape: readonly number[],
  ) => Initial | undefined;
}

/** Fresh weights for every name of `shapes` (see `listWeights`); each depends on seed and name only. */
export function initialWeights(
  shapes: ReadonlyMap<string, readonly number[]>,
  options: InitialWeightsOptions = {},
): HostWeights {
  const { seed = 0, rule } = options;
  const weights = new Map<string, HostWeight>();
  for (const [name, shape] of shapes) {
    const initial = rule?.(name, shape) ?? defaultInitial(name, shapes);
    const data = draw(initial, shape, random(seed, "weights", name));
    weights.set(name, { shape, data });
  }
  return weights;
}

/**
 * How `torch.nn` starts a weight: norms at 1 and 0, layers and their biases uniform within
 * `1/√fan_in`; embeddings normal with deviation 0.02, as CLIP does.
 */
function defaultInitial(
  name: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): Initial {
  if (/embedding(\.weight)?$/.test(name) && !name.includes("patch")) {
    return { kind: "normal", std: 0.02 };
  }
  const isBias = name.endsWith(".bias");
  const layer = isBias
    ? shapes.get(name.replace(/bias$/, "weight"))
    : shapes.get(name);
  if (layer === undefined || layer.length < 2) {
    return { kind: isBias ? "zeros" : "ones" };
  }
  const fanIn = layer.slice(1).reduce((product, dim) => product * dim, 1);
  return { kind: "uniform", bound: 1 / Math.sqrt(fanIn) };
}

function draw(
  initial: Initial,
  shape: readonly number[],
  stream: Random,
): Float32Array {
  const size = shape.reduce((product, dim) => product * dim, 1);
  switch (initial.kind) {
    case "zeros":
      return new Float32Array(size);
    case "ones":
      return new Float32Array(size).fill(1);
    case "normal":
      return stream.normals(size).map((value) => value * initial.std);
    case "uniform":
      return Float32Array.from(
        { length: size },
        () => (2 * stream.uniform() - 1) * initial.bound,
      );
  }
}
