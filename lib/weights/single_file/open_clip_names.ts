import type { WeightView } from "../weight_views.ts";
import { inside, ModuleNames, type ModulePair } from "./module_names.ts";

const layer: readonly ModulePair[] = [
  ["ln_1.", "layer_norm1."],
  ["ln_2.", "layer_norm2."],
  ["attn.out_proj.", "self_attn.out_proj."],
  ["mlp.c_fc.", "mlp.fc1."],
  ["mlp.c_proj.", "mlp.fc2."],
];

/** Weights of their own, without a module. */
const single: Readonly<Record<string, WeightView & { name: string }>> = {
  positional_embedding: {
    name: "text_model.embeddings.position_embedding.weight",
    from: "positional_embedding",
  },
  text_projection: {
    name: "text_projection.weight",
    from: "text_projection",
    transposed: true,
  },
  "text_projection.weight": {
    name: "text_projection.weight",
    from: "text_projection.weight",
  },
};

/**
 * OpenCLIP's text tower under the names of transformers: queries, keys and values lie one below the
 * other in one matrix, and the projection stands on its side.
 */
export function openClipViews(
  names: readonly string[],
): Map<string, WeightView> {
  const modules = new ModuleNames(pairs(names));
  const views = new Map<string, WeightView>();
  for (const name of names) {
    const own = single[name];
    if (own !== undefined) {
      views.set(own.name, own);
      continue;
    }
    const joined =
      /^transformer\.resblocks\.(\d+)\.attn\.in_proj_(weight|bias)$/
        .exec(name);
    if (joined !== null) {
      const [, number, kind] = joined;
      ["q", "k", "v"].forEach((letter, i) => {
        const attention = `text_model.encoder.layers.${number}.self_attn`;
        views.set(`${attention}.${letter}_proj.${kind}`, {
          from: name,
          part: [i, 3],
        });
      });
      continue;
    }
    const current = modules.toDiffusers(name);
    if (current !== undefined) views.set(current, { from: name });
  }
  return views;
}

function pairs(names: readonly string[]): ModulePair[] {
  const layers = new Set(
    names.flatMap((name) =>
      /^transformer\.resblocks\.(\d+)\./.exec(name)?.[1] ?? []
    ),
  );
  return [
    ["token_embedding.", "text_model.embeddings.token_embedding."],
    ["ln_final.", "text_model.final_layer_norm."],
    ...[...layers].flatMap((number) =>
      inside([
        `transformer.resblocks.${number}.`,
        `text_model.encoder.layers.${number}.`,
      ], layer)
    ),
  ];
}
