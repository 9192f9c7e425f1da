import type { AdapterGraph } from "../../bases/hooks.ts";
import type { Signature, WeightSource } from "../../ops/executor.ts";
import { fuseTokens } from "./fuse_tokens.ts";

/** FastComposer on a model: it changes text tokens alone, once a scene. */
export function fastComposerGraph(weights: WeightSource): AdapterGraph {
  const float = (...shape: (number | string)[]): Signature => ({
    kind: "float",
    shape,
  });
  return {
    prefix: "fastcomposer",
    acts: [],
    weights,
    hooks: () => ({}),
    text: {
      inputs: (width) => ({
        pictures: float("batch", "tokens", width),
        named: float("batch", "tokens", 1),
        others: float("batch", "tokens", 1),
      }),
      fuse: (ops, params, inputs, text) =>
        fuseTokens(ops, params.at("postfuse_module"), text, {
          inputs: {
            pictures: inputs.pictures!,
            named: inputs.named!,
            others: inputs.others!,
          },
          width: fusedWidth(weights),
        }),
    },
  };
}

/** Width of the tokens that a file's layers take. */
export function fusedWidth(weights: Pick<WeightSource, "info">): number {
  return weights.info("postfuse_module.layer_norm.weight")?.shape[0] ?? 0;
}
