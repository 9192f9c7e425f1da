import type { AttentionLayers } from "../../bases/places.ts";
import { keyValueProgram } from "../../bases/key_value_program.ts";
import type { Program } from "../../ops/executor.ts";
import { type Branch, branchKeyValue, layoutNetIndex } from "./layout_net.ts";

/**
 * Keys and values of picture tokens in one branch of Layout-net, in all cross-attention layers:
 * `tokens` `[N, tokens, width of text]` in, `k.i` and `v.i` out.
 */
export function branchKeyValueProgram(
  layers: AttentionLayers,
  branch: Branch,
): Program {
  return keyValueProgram(
    layers,
    `${branch}_key_value`,
    (ops, p, tokens, { layer, width }, from) => {
      const at = p.at("layout_net").at(layoutNetIndex(layer));
      return branchKeyValue(ops, at, tokens, { branch, from, width });
    },
  );
}
