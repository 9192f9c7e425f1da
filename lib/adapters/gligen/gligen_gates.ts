import type { Places } from "../../bases/places.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Values, WeightSource } from "../../ops/executor.ts";
import { gateNames } from "./gligen_graph.ts";

/**
 * Gates of all fusers, by the strength of the grounding. They are computed here, so that the strength
 * of a step is a value and no form of the graph.
 */
export async function gligenGates(
  weights: WeightSource,
  places: Places,
): Promise<(strength: number) => Values<Tensor>> {
  const gates = await Promise.all(
    [...gateNames(places)].map(async ([name, weight]) => {
      const [alpha] = await weights.read(weight);
      return [name, Math.tanh(alpha!)] as const;
    }),
  );
  return (strength) =>
    Object.fromEntries(gates.map(([name, gate]) => [
      name,
      tensor([1, 1, 1], Float32Array.of(strength * gate)),
    ]));
}
