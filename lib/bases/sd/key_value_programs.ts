import type { Program } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import type { AdapterGraph, KeyValue } from "../hooks.ts";
import type { AttentionSite } from "../places.ts";
import { keyValueProgram } from "../key_value_program.ts";
import { attentionLayers } from "./attention_sites.ts";
import type { UnetConfig } from "./unet_config.ts";

/**
 * Keys and values of text in all cross-attention layers, which do not change between steps:
 * `tokens` `[N, tokens, cross_attention_dim]` in, `k.i` and `v.i` out.
 */
export function textKeyValueProgram(
  config: UnetConfig,
  adapters: readonly AdapterGraph[] = [],
): Program {
  return keyValueProgram(
    attentionLayers(config),
    "text_key_value",
    textKeyValue,
    adapters,
  );
}

/** Keys and values of text tokens `[N, tokens, from]` in one frozen cross-attention layer. */
function textKeyValue<T>(
  ops: Ops<T>,
  p: Params<T>,
  tokens: T,
  layer: Pick<AttentionSite, "path" | "width">,
  from: number,
): KeyValue<T> {
  const at = p.at(layer.path);
  return {
    k: ops.linear(tokens, at.at("to_k").get("weight", [layer.width, from])),
    v: ops.linear(tokens, at.at("to_v").get("weight", [layer.width, from])),
  };
}
