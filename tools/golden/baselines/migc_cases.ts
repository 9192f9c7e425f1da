import { migcBranches } from "../../../lib/adapters/migc/migc_inputs.ts";
import { crossSites } from "../../../lib/bases/places.ts";
import { migcGraph } from "../../../lib/adapters/migc/migc_graph.ts";
import { textKeyValueProgram } from "../../../lib/bases/sd/key_value_programs.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { sliceBatch } from "../../../lib/core/tensor_rows.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { keyValuesOnce } from "../golden_files.ts";
import { forward, placesOf } from "./tiny_unet.ts";
import { gates, innerError } from "./migc_layer.ts";
import {
  captionRows,
  type Form,
  type MigcSet,
  openMigcSet,
  sceneInputs,
} from "./migc_set.ts";

/** MIGC and MIGC++. */
export const migcCases: readonly GoldenCase[] = (["migc", "migc_plus"] as const)
  .flatMap((set) => {
    const one = (name: string, run: (set: MigcSet) => Promise<number>) => ({
      name: `${set}.${name}`,
      bound: 1e-4,
      run: async (context: GoldenContext) =>
        run(await openMigcSet(context, set)),
    });
    const inner = ["position", "ea", "la", "share", "layer"].map((part) =>
      one(part, (set) => innerError(set, part))
    );
    return [
      ...inner,
      one("out", (set) => outError(set, "out", {})),
      one("off", (set) => outError(set, "out_off", { plain: true })),
      one("fuser", (set) => outError(set, "out_fuser", { onlyFuser: true })),
      ...set === "migc"
        ? [one("v2", (set) => outError(set, "out_v2", { fuser: true }))]
        : [],
      one("scales", (set) => outError(set, "out_scales", { scaled: true })),
      one("masks_free", (set) => outError(set, "out_masks", { free: true })),
      one("wide", (set) => outError(set, "out_wide", { wide: true })),
    ];
  });

async function outError(
  set: MigcSet,
  name: string,
  form: Form,
): Promise<number> {
  const { goldens, unet, file, context } = set;
  const sample = form.wide ? goldens.wide_sample! : goldens.sample!;
  const timestep = goldens.timestep!.data[0]!;
  const run = {
    sample,
    timesteps: [timestep, timestep],
    text: sliceBatch(goldens.encoder_hidden_states!, 0, 2),
  };
  if (form.plain) {
    return relativeError(await forward(context, unet, run), goldens[name]!);
  }
  const graph = migcGraph({
    textWidth: unet.config.cross_attention_dim,
    plus: file.plus,
    paths: form.onlyFuser ? [] : file.paths,
    fuser: form.onlyFuser || form.fuser || file.plus,
  }, file.weights);
  const all = {
    ...sceneInputs(set, sample, form),
    ...migcBranches(true),
    ...await captionInputs(set),
    ...await gates(file.weights, placesOf(unet, sample)),
  };
  const places = placesOf(unet, sample);
  const names = new Set([
    ...crossSites(places).flatMap((at) => [
      ...Object.keys(graph.layerInputs!(at)),
    ]),
    ...Object.keys(graph.inputs!(places)),
  ]);
  const inputs = Object.fromEntries(
    Object.entries(all).filter(([key]) => names.has(key)),
  );
  const found = await forward(context, unet, {
    ...run,
    adapters: [{ graph, inputs }],
  });
  return relativeError(found, goldens[name]!);
}

/** Keys and values of the scene's caption and of each instance's. */
async function captionInputs(
  { goldens, unet, context }: MigcSet,
): Promise<Values<Tensor>> {
  const program = textKeyValueProgram(unet.config);
  const layers = await keyValuesOnce(context.executor, program, {
    ...{ weights: unet.weights, tokens: captionRows(goldens) },
  });
  return Object.fromEntries(
    layers.flatMap(({ k, v }, i) => [[`k.${i}`, k], [`v.${i}`, v]]),
  );
}
