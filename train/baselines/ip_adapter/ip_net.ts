import {
  appearanceNet,
  type AppearanceNetShape,
} from "../../../lib/adapters/locref/appearance_net.ts";
import { branchKeyValueProgram } from "../../../lib/adapters/locref/branch_key_values.ts";
import { locrefGraph } from "../../../lib/adapters/locref/locref_graph.ts";
import {
  type AttentionLayers,
  attentionSizes,
  type Places,
} from "../../../lib/bases/places.ts";
import { sizeKey } from "../../../lib/core/size_key.ts";
import { Params } from "../../../lib/ops/params.ts";
import { type AdapterNet, floats } from "../adapter_net.ts";

/**
 * An IP-Adapter in training: one projection of pictures, one set of keys and values for composite
 * image and references. A batch holds the features `ci` `[N, …]` and `ri` `[N · instances, …]` and
 * the masks of Eq. (1).
 */
export function ipNet(
  layers: AttentionLayers,
  shape: AppearanceNetShape,
  places: Places,
): AdapterNet {
  const masks = attentionSizes(places).map(sizeKey).flatMap((key) =>
    ["text", "ci", "ri"].map((name) => `${name}_mask.${key}`)
  );
  const keyValues = {
    ci: branchKeyValueProgram(layers, "ci"),
    ri: branchKeyValueProgram(layers, "ri"),
  };
  return {
    graph: locrefGraph(),
    inputs: floats(["ci", "ri", ...masks]),
    conditions(ops, params, batch) {
      const own = underFileNames(params);
      const [mask] = masks.filter((name) => name.startsWith("ri_mask"));
      const pair = (branch: "ci" | "ri") => {
        const tokens = appearanceNet(ops, own, batch[branch]!, shape);
        const found = keyValues[branch].run(ops, own, { tokens });
        return Object.entries(found).map(([name, value]) => [
          `${branch}_${name}`,
          branch === "ri" ? ops.groupTokens(value, batch[mask!]!) : value,
        ]);
      };
      return {
        ...Object.fromEntries([...pair("ci"), ...pair("ri")]),
        ...Object.fromEntries(masks.map((name) => [name, batch[name]!])),
      };
    },
  };
}

/** Weights that both branches read, under the names of an IP-Adapter's file. */
function underFileNames<T>(params: Params<T>): Params<T> {
  return new Params((name, shape) =>
    params.get(
      name.replace(
        /^layout_net\.(\d+)\.to_([kv])_[cr]i\.weight$/,
        "ip_adapter.$1.to_$2_ip.weight",
      ),
      shape,
    )
  );
}
