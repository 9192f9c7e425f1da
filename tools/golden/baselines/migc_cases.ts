import { join } from "node:path";
import { migcGraph } from "../../../lib/adapters/migc/migc_graph.ts";
import {
  migcBranches,
  migcInputs,
  type MigcInstance,
} from "../../../lib/adapters/migc/migc_inputs.ts";
import { migcLayer } from "../../../lib/adapters/migc/migc_layer.ts";
import { layerInputs } from "../../../lib/adapters/migc/migc_graph.ts";
import { paintBox } from "../../../lib/adapters/migc/migc_masks.ts";
import { migcFile } from "../../../lib/adapters/migc/migc_weights.ts";
import { attentionSizes, crossSites } from "../../../lib/bases/places.ts";
import { textKeyValueProgram } from "../../../lib/bases/sd/key_value_programs.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { reshape, sliceBatch } from "../../../lib/core/tensor_rows.ts";
import type {
  Program,
  Values,
  WeightSource,
} from "../../../lib/ops/executor.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { keyValuesOnce, readGoldens, runOnce } from "../golden_files.ts";
import { boxesOf } from "./host_cases.ts";
import { forward, openTinyUnet, placesOf, type TinyUnet } from "./tiny_unet.ts";
import { floatInputs } from "../float_inputs.ts";

type Name = "migc" | "migc_plus";

/** A set of MIGC's goldens with its open files. */
export interface MigcSet {
  readonly name: Name;
  readonly context: GoldenContext;
  readonly goldens: Record<string, Tensor>;
  readonly unet: TinyUnet;
  readonly file: ReturnType<typeof migcFile>;
}

/** The layer that `inner.*` are of. */
export const innerLayer = "up_blocks.1.attentions.0.transformer_blocks.0.attn2";

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

/** Opens the goldens of MIGC or MIGC++. */
export async function openMigcSet(
  context: GoldenContext,
  name: Name,
): Promise<MigcSet> {
  const { dir } = context;
  return {
    ...{ name, context },
    goldens: await readGoldens(dir, name),
    unet: await openTinyUnet(dir, "sd-tiny"),
    file: migcFile(
      await openSafetensors(join(dir, "migc", `${name}-tiny.safetensors`)),
    ),
  };
}

/** Form in which a set is run. */
export interface Form {
  readonly plain?: boolean;
  readonly onlyFuser?: boolean;
  readonly fuser?: boolean;
  readonly scaled?: boolean;
  readonly free?: boolean;
  readonly wide?: boolean;
}

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

/** Inputs of the layers for the set's scene. */
export function sceneInputs(
  { goldens, unet, file }: MigcSet,
  sample: Tensor,
  { scaled, free }: Form,
): Values<Tensor> {
  const [, , height, width] = sample.shape as [number, number, number, number];
  const picture = { height: 8 * height, width: 8 * width };
  const boxes = boxesOf(goldens.boxes!);
  const scales = [...goldens.scales!.data];
  const instances = boxes.map((box, i): MigcInstance => ({
    box,
    mask: free
      ? { ...picture, data: row(goldens.free_masks!, i) }
      : paintBox(box, picture),
    phrase: row(goldens.pooled!, i),
    ...(scaled
      ? {
        caption: scales[i],
        enhancement: scales.at(-1 - i),
        score: scales[i],
      }
      : {}),
  }));
  const layers = attentionSizes(placesOf(unet, sample));
  return migcInputs(instances, {
    ...{ picture, latent: { height, width }, layers },
  }, file.plus);
}

function row(x: Tensor, i: number): Float32Array {
  return Float32Array.from(sliceBatch(x, i, i + 1).data);
}

/** The scene's caption and each instance's, `[captions, tokens, width]`. */
export function captionRows(goldens: Record<string, Tensor>): Tensor {
  const text = goldens.encoder_hidden_states!;
  return sliceBatch(text, 1, text.shape[0]!);
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

/** MIGC++'s strengths of its layers. */
async function gates(
  weights: WeightSource,
  places: ReturnType<typeof placesOf>,
): Promise<Values<Tensor>> {
  const found = await Promise.all(
    crossSites(places).flatMap(async ({ layer, path }) => {
      const name = `${path}.migc.gamma`;
      if (weights.info(name) === undefined) return [];
      const [gamma] = await weights.read(name);
      const gate = tensor([1, 1, 1], Float32Array.of(Math.tanh(gamma!)));
      return [[`gate.${layer}`, gate] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

/** One layer alone, from its input and the results of the captions. */
async function innerError(set: MigcSet, part: string): Promise<number> {
  const { goldens, unet, file, context } = set;
  const places = placesOf(unet, goldens.sample!);
  const at = crossSites(places).find(({ path }) => path === innerLayer)!;
  const all = layerInputs(sceneInputs(set, goldens.sample!, {}), at.size);
  const plus = file.plus;
  const h = goldens["inner.q"]!;
  const values: Record<string, Tensor> = {
    ...Object.fromEntries(
      Object.entries(all).filter(([name]) => !name.includes(".")),
    ),
    h: reshape(h, [1, ...h.shape]),
    results: goldens["inner.x"]!,
  };
  const program: Program = {
    name: "migc_layer",
    inputs: floatInputs(values),
    outputs: Object.fromEntries(
      ["position", "enhanced", "within", "share", "mixed"].map((name) => [
        name,
        { kind: "float", shape: ["rows", "tokens", "width"] },
      ]),
    ),
    run: (ops, params, inputs) => ({
      ...migcLayer(ops, params.at(innerLayer).at("migc"), {
        ...{ at, plus, h: inputs.h!, results: inputs.results!, inputs },
        textWidth: unet.config.cross_attention_dim,
      }),
    }),
  };
  const found = await runOnce(context.executor, program, {
    weights: file.weights,
    inputs: values,
  });
  const added = plus
    ? await gates(file.weights, places).then((all) => all[`gate.${at.layer}`])
    : undefined;
  return partError(part, { found, goldens, inputs: all, gate: added });
}

/** The error of one part; rows of the scene's own caption come first, and that of nothing may too. */
function partError(
  part: string,
  { found, goldens, inputs, gate }: {
    readonly found: Values<Tensor>;
    readonly goldens: Record<string, Tensor>;
    readonly inputs: Values<Tensor>;
    /** The layer's strength in MIGC++. */
    readonly gate: Tensor | undefined;
  },
): number {
  const captions = found.position!.shape[0]!;
  const phases = found.share!.shape[0]!;
  const expected = goldens[`inner.${part === "layer" ? "y" : part}`]!;
  const instances = (x: Tensor) => sliceBatch(x, 1, captions);
  switch (part) {
    case "position":
      return relativeError(instances(found.position!), expected);
    case "ea":
      return relativeError(
        masked(instances(found.enhanced!), inputs.enhanced_mask!),
        expected,
      );
    case "la":
      return relativeError(found.within!, expected);
    case "share": {
      const [start, end] = gate ? [1, phases] : [0, phases - 1];
      return relativeError(sliceBatch(found.share!, start, end), expected);
    }
    default: {
      const { mixed } = found;
      const y = gate
        ? withShader(mixed!, goldens["inner.x"]!, {
          ...{ weights: inputs.shader!, gate },
        })
        : mixed!;
      return relativeError(y, expected);
    }
  }
}

/** MIGC++'s addition to the captions that masks mix. */
function withShader(
  mixed: Tensor,
  results: Tensor,
  { weights, gate }: { weights: Tensor; gate: Tensor },
): Tensor {
  const [captions, queries, width] = results.shape as [number, number, number];
  return tensor(
    mixed.shape,
    Float32Array.from(mixed.data, (value, i) => {
      let sum = gate.data[0]! * value;
      for (let k = 0; k < captions; k++) {
        const weight = weights.data[k * queries + Math.floor(i / width)]!;
        sum += weight * results.data[k * queries * width + i]!;
      }
      return sum;
    }),
  );
}

/** Enhancements under the masks of their instances, whose rows come after the scene's. */
function masked(x: Tensor, mask: Tensor): Tensor {
  const [, queries, width] = x.shape as [number, number, number];
  return tensor(
    x.shape,
    Float32Array.from(
      x.data,
      (value, i) => value * mask.data[queries + Math.floor(i / width)]!,
    ),
  );
}
