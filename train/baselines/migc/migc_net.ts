import {
  type MigcForm,
  migcGraph,
} from "../../../lib/adapters/migc/migc_graph.ts";
import { crossSites, type Places } from "../../../lib/bases/places.ts";
import { noWeights } from "../../loop/host_weights.ts";
import { type AdapterNet, floats, tanh } from "../adapter_net.ts";

/**
 * MIGC and MIGC++ in training. A batch is one scene: `captions` `[captions, tokens, width]`, the
 * scene's own first, and the inputs of its layers but for keys, values and gates.
 */
export function migcNet(form: MigcForm, places: Places): AdapterNet {
  const graph = migcGraph(form, noWeights);
  const sites = crossSites(places);
  const layers = sites.flatMap((at) => Object.keys(graph.layerInputs!(at)));
  const gated = sites.filter(({ layer }) => layers.includes(`gate.${layer}`));
  const shared = Object.keys(graph.inputs!(places));
  return {
    graph,
    inputs: floats(["captions", ...shared.map(ofBatch)]),
    conditions(ops, params, batch, text) {
      const keyValues = text.keyValues(batch.captions!);
      return {
        ...Object.fromEntries(
          layers.flatMap((name) =>
            keyValues[name] === undefined ? [] : [[name, keyValues[name]]]
          ),
        ),
        ...Object.fromEntries(
          shared.map((name) => [name, batch[ofBatch(name)]!]),
        ),
        ...Object.fromEntries(gated.map(({ layer, path }) => [
          `gate.${layer}`,
          tanh(ops, params.get(`${path}.migc.gamma`, [1])),
        ])),
      };
    },
  };
}

/** Name of a layer's input in a batch, apart from those of the base. */
function ofBatch(name: string): string {
  return `migc.${name}`;
}

/** A scene's inputs of MIGC's layers as values of a batch. */
export function migcBatch<V>(
  inputs: Readonly<Record<string, V>>,
): Record<string, V> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [ofBatch(name), value]),
  );
}
