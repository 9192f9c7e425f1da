import { keyValueProgram } from "../../bases/sd/key_value_programs.ts";
import type { UnetConfig } from "../../bases/sd/unet_config.ts";
import type { Program } from "../../ops/executor.ts";
import { type Branch, branchKeyValue } from "./layout_net.ts";

/**
 * Keys and values of picture tokens in one branch of Layout-net, in all cross-attention layers:
 * `tokens` `[N, tokens, cross_attention_dim]` in, `k.i` and `v.i` out.
 */
export function branchKeyValueProgram(
  config: UnetConfig,
  branch: Branch,
): Program {
  return keyValueProgram(
    config,
    `${branch}_key_value`,
    (ops, p, tokens, layer, from) => {
      const at = p.at("layout_net").at(layer.index);
      const { width } = layer;
      return branchKeyValue(ops, at, tokens, { branch, from, width });
    },
  );
}
