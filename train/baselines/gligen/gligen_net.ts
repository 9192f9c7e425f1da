import {
  gateNames,
  gligenGraph,
} from "../../../lib/adapters/gligen/gligen_graph.ts";
import {
  groundingNet,
  groundingProgram,
  type GroundingShape,
} from "../../../lib/adapters/gligen/grounding_net.ts";
import type { Places } from "../../../lib/bases/places.ts";
import { noWeights } from "../../loop/host_weights.ts";
import { type AdapterNet, floats, tanh } from "../adapter_net.ts";

/** GLIGEN in training: grounding net, gates and fusers. A batch holds the inputs of the grounding net. */
export function gligenNet(shape: GroundingShape, places: Places): AdapterNet {
  const gates = [...gateNames(places)];
  return {
    graph: gligenGraph(shape, noWeights),
    inputs: floats(Object.keys(groundingProgram(shape).inputs)),
    conditions: (ops, params, batch) => ({
      grounds: groundingNet(ops, params.at("position_net"), batch, shape),
      ...Object.fromEntries(
        gates.map(([name, weight]) => [
          name,
          tanh(ops, params.get(weight, [])),
        ]),
      ),
    }),
  };
}
