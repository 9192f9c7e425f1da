import type { AdapterGraph } from "../../bases/hooks.ts";
import type { AttentionLayers, AttentionSite } from "../../bases/places.ts";
import { keyValueProgram } from "../../bases/key_value_program.ts";
import { sizeKey } from "../../core/size_key.ts";
import type { Program, Signature } from "../../ops/executor.ts";

/**
 * MS-Diffusion in a denoiser's graph (Wang et al. 2025, 3.3): `HS = T + f ⊙ A`, where A is one
 * attention to all pictures' tokens, each hidden outside its box.
 */
export const msGraph: AdapterGraph = {
  prefix: "ms",
  acts: ["cross"],
  layerInputs: ({ layer, width }) => ({
    [`k.${layer}`]: float("batch", "ms_tokens", width),
    [`v.${layer}`]: float("batch", "ms_tokens", width),
  }),
  sizeInputs: (size) => {
    const queries = size.height * size.width;
    const key = sizeKey(size);
    return {
      [`hidden.${key}`]: float("batch", queries, "ms_tokens"),
      [`factor.${key}`]: float("batch", queries, 1),
    };
  },
  hooks: (ops, _, inputs) => ({
    cross: ({ layer, heads, size }, q, text) => {
      const key = sizeKey(size);
      const pictures = ops.attention(
        q,
        inputs[`k.${layer}`]!,
        inputs[`v.${layer}`]!,
        { heads, bias: inputs[`hidden.${key}`]! },
      );
      return ops.add(
        text.attend(),
        ops.mul(pictures, inputs[`factor.${key}`]!),
      );
    },
  }),
};

function float(...shape: (number | string)[]): Signature {
  return { kind: "float", shape };
}

/** Keys and values of the pictures' tokens in all cross-attention layers. */
export function msKeyValueProgram(layers: AttentionLayers): Program {
  return keyValueProgram(
    layers,
    "ms_key_value",
    (ops, p, tokens, at, from) => {
      const own = p.at("ms_adapter").at(place(at));
      return {
        k: ops.linear(
          tokens,
          own.at("to_k_ip").get("weight", [at.width, from]),
        ),
        v: ops.linear(
          tokens,
          own.at("to_v_ip").get("weight", [at.width, from]),
        ),
      };
    },
  );
}

/** Place among all attention layers in diffusers' order, in which cross-attention is odd. */
function place({ layer }: AttentionSite): number {
  return 2 * layer + 1;
}
