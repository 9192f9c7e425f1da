import { msMasks } from "../../../lib/adapters/ms_diffusion/ms_masks.ts";
import { join } from "node:path";
import { boxFourier } from "../../../lib/adapters/gligen/box_fourier.ts";
import {
  msGraph,
  msKeyValueProgram,
} from "../../../lib/adapters/ms_diffusion/ms_graph.ts";
import {
  msResamplerProgram,
  msResamplerShape,
} from "../../../lib/adapters/ms_diffusion/ms_resampler.ts";
import { attentionSizes, crossSites } from "../../../lib/bases/places.ts";
import { attentionLayers } from "../../../lib/bases/sd/attention_sites.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import { sizeKey } from "../../../lib/core/size_key.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import {
  concatWidth,
  reshape,
  sliceBatch,
} from "../../../lib/core/tensor_rows.ts";
import type { Program, Values } from "../../../lib/ops/executor.ts";
import {
  openSafetensors,
  type SafetensorsFile,
} from "../../../lib/weights/safetensors/safetensors.ts";
import { memoryWeights } from "../../../lib/weights/weight_sources.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { keyValuesOnce, readGoldens, runOnce } from "../golden_files.ts";
import { boxesOf } from "./host_cases.ts";
import {
  addedOf,
  forward,
  openTinyUnet,
  placesOf,
  type TinyBase,
  tinyFolders,
  type TinyUnet,
} from "./tiny_unet.ts";
import { floatInputs } from "../float_inputs.ts";

interface MsFile {
  readonly scale: number;
  readonly resampler: { readonly heads: number };
}

/** The set with its UNet and weights. */
export interface MsSet {
  readonly context: GoldenContext;
  readonly base: TinyBase;
  readonly goldens: Record<string, Tensor>;
  readonly file: MsFile;
  readonly weights: SafetensorsFile;
  readonly unet: TinyUnet;
}

/** MS-Diffusion on both bases. */
export const msDiffusionCases: readonly GoldenCase[] =
  (["sd15", "sdxl"] as const).flatMap((base) => {
    const one = (name: string, run: (set: MsSet) => Promise<number>) => ({
      name: `ms_diffusion.${base}.${name}`,
      bound: 1e-4,
      run: async (context: GoldenContext) =>
        run(await openMsSet(context, base)),
    });
    return [
      one("tokens", (set) => tokenError(set, false)),
      one("tokens_dropped", (set) => tokenError(set, true)),
      one("layer", layerError),
      one("out", (set) => outError(set, "out", {})),
      one(
        "dummy",
        (set) => outError(set, "out_dummy", { attendDummies: true }),
      ),
      one("subjects", (set) =>
        outError(set, "out_subjects", {
          subjects: [...set.goldens.subject_scales!.data],
        })),
    ];
  });

/** Opens the set on a base. */
export async function openMsSet(
  context: GoldenContext,
  base: TinyBase,
): Promise<MsSet> {
  const { dir } = context;
  return {
    ...{ context, base },
    goldens: await readGoldens(dir, `ms_diffusion_${base}`),
    file: await readJson<MsFile>(join(dir, "ms_diffusion.json")),
    weights: await openSafetensors(
      join(dir, "ms-diffusion", `ms_diffusion_${base}-tiny.safetensors`),
    ),
    unet: await openTinyUnet(dir, tinyFolders[base]),
  };
}

/** The resampler of the set, whose weights do not say how many heads it has. */
export function msResampler(
  { weights, file }: Pick<MsSet, "weights" | "file">,
) {
  const shape = msResamplerShape(weights);
  const headWidth = shape.attentionWidth / file.resampler.heads;
  return { ...shape, headWidth };
}

/** Features of the set's pictures, and where they belong. */
export function groundInputs({ features, phrases, boxes }: MsSet["goldens"]) {
  return {
    features: features!,
    ground: concatWidth([phrases!, boxFourier(boxesOf(boxes!))]),
  };
}

async function tokenError(set: MsSet, drop: boolean): Promise<number> {
  const { goldens, weights, file, context } = set;
  const dropped = Float32Array.from(
    goldens.dropped!.data,
    (one) => drop ? one : 0,
  );
  const pictures = dropped.length;
  const { tokens } = await runOnce(
    context.executor,
    msResamplerProgram(msResampler({ weights, file })),
    {
      weights,
      inputs: {
        ...groundInputs(goldens),
        kept: tensor([pictures, 1, 1], dropped.map((one) => 1 - one)),
        dropped: tensor([pictures, 1, 1], dropped),
      },
    },
  );
  return relativeError(
    tokens!,
    drop ? goldens.tokens_dropped! : goldens.tokens!,
  );
}

interface MsForm {
  readonly attendDummies?: boolean;
  /** Factors of each picture's probabilities, in place of the scale. */
  readonly subjects?: readonly number[];
}

async function adapterInputs(
  { goldens, file, weights, unet, context }: MsSet,
  { attendDummies, subjects }: MsForm,
): Promise<Values<Tensor>> {
  const [, dummies] = weights.info("dummy_image_tokens")!.shape;
  const tokens = goldens.tokens!.shape[1]!;
  const sizes = attentionSizes(placesOf(unet, goldens.sample!));
  const program = msKeyValueProgram(attentionLayers(unet.config));
  const layers = await keyValuesOnce(context.executor, program, {
    ...{ weights, tokens: goldens.sequence! },
  });
  const factors = (index: number) =>
    subjects === undefined || index < dummies!
      ? 1
      : subjects[Math.floor((index - dummies!) / tokens)]!;
  return {
    ...Object.fromEntries(layers.flatMap(({ k, v }, i) => {
      const [, count, width] = v.shape as [number, number, number];
      const scaled = v.data.map((value, at) =>
        value * factors(Math.floor(at / width) % count)
      );
      return [
        [`k.${i}`, k],
        [`v.${i}`, tensor(v.shape, scaled as Float32Array)],
      ];
    })),
    ...msMasks(boxesOf(goldens.boxes!), sizes, {
      ...{ dummies: dummies!, tokens, attendDummies, guided: true },
      scale: subjects === undefined ? file.scale : 1,
    }),
  };
}

async function outError(
  set: MsSet,
  name: string,
  form: MsForm,
): Promise<number> {
  const { goldens, unet, context } = set;
  const timestep = goldens.timestep!.data[0]!;
  const found = await forward(context, unet, {
    sample: goldens.sample!,
    timesteps: [timestep, timestep],
    text: goldens.encoder_hidden_states!,
    added: addedOf(goldens),
    adapters: [{ graph: msGraph, inputs: await adapterInputs(set, form) }],
  });
  return relativeError(found, goldens[name]!);
}

/** The error of what the middle block adds to the text, for the scene's own row. */
async function layerError(set: MsSet): Promise<number> {
  const { goldens, unet, context } = set;
  const at = crossSites(placesOf(unet, goldens.sample!)).find(({ path }) =>
    path.startsWith("mid_block.attentions.0.transformer_blocks.0.")
  )!;
  const all = await adapterInputs(set, {});
  const key = sizeKey(at.size);
  const names = [`k.${at.layer}`, `v.${at.layer}`];
  const masks = [`hidden.${key}`, `factor.${key}`];
  const row = (x: Tensor) => sliceBatch(x, 1, 2);
  const single = (x: Tensor) => reshape(x, [1, ...x.shape]);
  const values = {
    q: single(goldens["inner.query"]!),
    text: single(goldens["inner.text"]!),
    ...Object.fromEntries(
      [...names, ...masks].map((name) => [name, row(all[name]!)]),
    ),
  };
  const program: Program = {
    name: "ms_layer",
    inputs: floatInputs(values),
    outputs: { hidden: { kind: "float", shape: values.q.shape } },
    run: (ops, params, inputs) => ({
      hidden: msGraph.hooks(
        ops,
        params,
        inputs,
        placesOf(unet, goldens.sample!),
      )
        .cross!(at, inputs.q!, {
          k: inputs.q!,
          v: inputs.q!,
          attend: () => inputs.text!,
        }),
    }),
  };
  const { hidden } = await runOnce(context.executor, program, {
    weights: memoryWeights(new Map()),
    inputs: values,
  });
  const added = tensor(
    hidden!.shape,
    Float32Array.from(
      hidden!.data,
      (value, i) => value - values.text.data[i]!,
    ),
  );
  return relativeError(added, goldens["inner.image"]!);
}
