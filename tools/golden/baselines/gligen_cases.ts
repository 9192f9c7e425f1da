import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { join } from "node:path";
import { readJson } from "../../../lib/core/files/read_json.ts";
import { concatBatch, sliceBatch } from "../../../lib/core/tensor_rows.ts";
import { pictureFeatures } from "../../../lib/adapters/gligen/picture_features.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import { guidedLoop, type LoopSettings } from "./guided_loop.ts";
import { gligenGates } from "../../../lib/adapters/gligen/gligen_gates.ts";
import { gligenGraph } from "../../../lib/adapters/gligen/gligen_graph.ts";
import { groundingProgram } from "../../../lib/adapters/gligen/grounding_net.ts";
import { boxFourier } from "../../../lib/adapters/gligen/box_fourier.ts";
import { crossSites } from "../../../lib/bases/places.ts";
import type { Program, Values } from "../../../lib/ops/executor.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens, runOnce } from "../golden_files.ts";
import { boxesOf } from "./host_cases.ts";
import {
  forward,
  openTinyUnet,
  placesOf,
  timestepsOf,
  type TinyUnet,
} from "./tiny_unet.ts";

const forms = { text: "gligen-text", text_image: "gligen-text-image" } as const;

type Form = keyof typeof forms;

/** GLIGEN in both of its forms. */
export const gligenCases: readonly GoldenCase[] = [
  { name: "gligen.image_feature", bound: 1e-4, run: pictureFeatureError },
  ...(Object.keys(forms) as Form[])
    .flatMap((form) => {
      const one = (name: string, run: (set: GligenSet) => Promise<number>) => ({
        name: `gligen.${form}.${name}`,
        bound: 1e-4,
        run: async (context: GoldenContext) =>
          run(await openSet(context, form)),
      });
      return [
        one(
          "objs",
          async (set) => relativeError(await set.grounds(), set.goldens.objs!),
        ),
        one("fuser", fuserError),
        one("out", (set) => outError(set, "out", { strength: 1 })),
        one("half", (set) => outError(set, "out_half", { strength: 0.5 })),
        one("null", (set) => outError(set, "out_null", { none: true })),
        one("off", (set) => outError(set, "out_off", { strength: 0 })),
        one("wide", wideError),
        { ...one("loop", loopError), bound: 1e-3, loop: true },
      ];
    }),
];

interface GligenSet {
  readonly context: GoldenContext;
  readonly unet: TinyUnet;
  readonly goldens: Record<string, Tensor>;
  readonly shape: { pictures: boolean; width: number };
  /** Grounding tokens; with `none` of no object. */
  grounds(none?: boolean): Promise<Tensor>;
}

async function openSet(context: GoldenContext, form: Form): Promise<GligenSet> {
  const { dir, executor } = context;
  const unet = await openTinyUnet(dir, forms[form]);
  const goldens = await readGoldens(dir, `gligen_${form}`);
  const shape = {
    pictures: form === "text_image",
    width: unet.config.cross_attention_dim,
  };
  return {
    ...{ context, unet, goldens, shape },
    async grounds(none = false) {
      const { grounds } = await runOnce(executor, groundingProgram(shape), {
        weights: unet.weights,
        inputs: groundingInputs(goldens, shape.pictures, none),
      });
      return grounds!;
    },
  };
}

/** Inputs of the grounding net. */
export function groundingInputs(
  goldens: Record<string, Tensor>,
  pictures: boolean,
  none: boolean,
): Values<Tensor> {
  const [rows, objects] = goldens.boxes!.shape as [number, number];
  const fourier = boxFourier(boxesOf(goldens.boxes!));
  const masks = goldens.masks!;
  const kinds: [string, Tensor, Tensor][] = [
    ["boxes", tensor([rows, objects, 64], fourier.data), masks],
    ...(pictures
      ? [
        ["phrases", goldens.phrases_embeddings!, goldens.phrases_masks!],
        ["pictures", goldens.image_embeddings!, goldens.image_masks!],
      ] as [string, Tensor, Tensor][]
      : [["phrases", goldens.positive_embeddings!, masks]] as [
        string,
        Tensor,
        Tensor,
      ][]),
  ];
  return Object.fromEntries(kinds.flatMap(([name, features, mask]) => {
    const on = Float32Array.from(mask.data, (one) => none ? 0 : one);
    const shape = [rows, objects, 1];
    return [
      [name, features],
      [`${name}_mask`, tensor(shape, on)],
      [`${name}_absent`, tensor(shape, on.map((one) => 1 - one))],
    ];
  }));
}

async function outError(
  set: GligenSet,
  name: string,
  { strength = 1, none = false }: { strength?: number; none?: boolean },
): Promise<number> {
  const { goldens } = set;
  const found = await grounded(set, {
    ...{ sample: goldens.sample!, text: goldens.encoder_hidden_states! },
    ...{ timesteps: timestepsOf(goldens.timestep!), strength },
    grounds: await set.grounds(none),
  });
  return relativeError(found, goldens[name]!);
}

async function wideError(set: GligenSet): Promise<number> {
  const { goldens } = set;
  const found = await grounded(set, {
    ...{ sample: goldens.wide_sample!, timesteps: [500], strength: 1 },
    text: sliceBatch(goldens.encoder_hidden_states!, 0, 1),
    grounds: sliceBatch(await set.grounds(), 0, 1),
  });
  return relativeError(found, goldens.out_wide!);
}

/** The first sample, guided; grounding is on for the first steps and for no object without guidance. */
async function loopError(set: GligenSet): Promise<number> {
  const { context, goldens } = set;
  const { loop } = await readJson<
    { loop: LoopSettings & { grounded_steps: number } }
  >(join(context.dir, "gligen.json"));
  const row = (x: Tensor) => sliceBatch(x, 0, 1);
  const grounds = concatBatch([
    row(await set.grounds(true)),
    row(await set.grounds()),
  ]);
  const text = concatBatch([
    goldens.negative_hidden_states!,
    row(goldens.encoder_hidden_states!),
  ]);
  const found = await guidedLoop(
    row(goldens.sample!),
    loop,
    (sample, { step, timestep }) =>
      grounded(set, {
        ...{ sample, text, grounds, timesteps: [timestep, timestep] },
        strength: step < loop.grounded_steps ? 1 : 0,
      }),
  );
  return relativeError(found, goldens.final_latents!);
}

/** A picture's embedding, projected and scaled to the length that GLIGEN was trained with. */
async function pictureFeatureError(
  { dir }: GoldenContext,
): Promise<number> {
  const goldens = await readGoldens(dir, "gligen_image_feature");
  const weights = await openSafetensors(
    join(
      dir,
      "gligen-text-image/image_project/diffusion_pytorch_model.safetensors",
    ),
  );
  const matrix = await weights.readTensor("project.weight");
  return relativeError(
    pictureFeatures(goldens.image_embeds!, matrix),
    goldens.feature!,
  );
}

async function grounded(
  { context, unet, shape }: GligenSet,
  run: {
    sample: Tensor;
    timesteps: number[];
    text: Tensor;
    strength: number;
    grounds: Tensor;
  },
): Promise<Tensor> {
  const { strength, grounds, ...rest } = run;
  if (strength === 0) return await forward(context, unet, rest);
  const gates = await gligenGates(unet.weights, placesOf(unet, run.sample));
  const inputs = { grounds, ...gates(strength) };
  const graph = gligenGraph(shape, unet.weights);
  return await forward(context, unet, {
    ...rest,
    adapters: [{ graph, inputs }],
  });
}

/** The first block's fuser alone, as a program. */
async function fuserError(set: GligenSet): Promise<number> {
  const { context, unet, goldens, shape } = set;
  const input = goldens["inner.fuser_in"]!;
  const places = placesOf(unet, goldens.sample!);
  const [at] = crossSites(places);
  const graph = gligenGraph(shape, unet.weights);
  const tokens = (one: Tensor) => ({
    kind: "float" as const,
    shape: one.shape,
  });
  const gates = (await gligenGates(unet.weights, places))(1);
  const grounds = await set.grounds();
  const values = { x: input, grounds, ...gates };
  const program: Program = {
    name: "gligen_fuser",
    inputs: Object.fromEntries(
      Object.entries(values).map(([name, one]) => [name, tokens(one)]),
    ),
    outputs: { y: tokens(input) },
    run: (ops, params, inputs) => ({
      y: graph.hooks(ops, params, inputs, places).afterSelf!(
        { ...at!, kind: "self", path: at!.path.replace(/2$/, "1") },
        inputs.x!,
      ),
    }),
  };
  const { y } = await runOnce(context.executor, program, {
    weights: unet.weights,
    inputs: values,
  });
  return relativeError(y!, goldens["inner.fuser_out"]!);
}
