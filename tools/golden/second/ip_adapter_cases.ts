import { join } from "node:path";
import {
  type BlockScales,
  scaleBlocks,
} from "../../../lib/adapters/ip_adapter/block_scales.ts";
import {
  joinBranches,
  locrefGraph,
  referenceInputs,
} from "../../../lib/adapters/locref/locref_graph.ts";
import type { LocRefAdapter } from "../../../lib/adapters/locref/locref_file.ts";
import {
  combineFeatures,
  groupTokens,
  type PictureGroup,
  pictureGroups,
} from "../../../lib/adapters/locref/picture_groups.ts";
import type { Combine } from "../../../lib/scene_data/several_pictures.ts";
import { openLocRef } from "../../../lib/adapters/open_locref.ts";
import { openBase } from "../../../lib/bases/bases.ts";
import type { Base } from "../../../lib/bases/base.ts";
import { crossSites } from "../../../lib/bases/places.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { concatBatch, sliceBatch } from "../../../lib/core/tensor_rows.ts";
import { clipImageProgram } from "../../../lib/encoders/clip_image.ts";
import { openImageEncoder } from "../../../lib/encoders/open_image_encoder.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import {
  appearanceTokens,
  ipMasks,
  pictureKeyValues,
  repeatRows,
} from "../adapter_cases.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens, runOnce } from "../golden_files.ts";
import { openUnet, plainUnet } from "./plain_unet.ts";
import { finalLatents } from "./run_pipeline.ts";

/** The adapters of the set with the image encoders that they read. */
const files = {
  base: ["ip-adapter_sdxl", "image-encoder-bigg"],
  vit_h: ["ip-adapter_sdxl_vit-h", "image-encoder-h"],
  plus: ["ip-adapter-plus_sdxl_vit-h", "image-encoder-h"],
} as const;

type Kind = keyof typeof files;

/** Pictures in one place: which, how together, under which mask, and how strongly. */
interface Placed {
  readonly pictures: readonly number[];
  readonly combine?: Combine;
  /** Number of the mask; everywhere where absent. */
  readonly mask?: number;
  readonly scale: number;
}

/** A forward of the UNet. */
interface Forward {
  readonly placed: readonly Placed[];
  readonly blocks?: BlockScales;
}

const style: BlockScales = { "up_blocks.0.attentions.1": 1 };

/** The forwards of each file, as `ip_adapter_xl.json` describes them. */
const forwards: Readonly<Record<string, Forward>> = {
  one: { placed: [{ pictures: [0], scale: 0.7 }] },
  concat: { placed: [{ pictures: [0, 1, 2], scale: 0.7 }] },
  masked: {
    placed: [
      { pictures: [0], mask: 0, scale: 0.7 },
      { pictures: [1], mask: 1, scale: 0.5 },
    ],
  },
  style: { placed: [{ pictures: [0], scale: 1 }], blocks: style },
  style_layout: {
    placed: [{ pictures: [0], scale: 1 }],
    blocks: { ...style, "down_blocks.2.attentions.1": 1 },
  },
  regions_sum: {
    placed: [
      { pictures: [0, 1], combine: "sum", mask: 0, scale: 0.7 },
      { pictures: [2], mask: 1, scale: 0.5 },
    ],
  },
  region_concat: { placed: [{ pictures: [0, 1], mask: 0, scale: 0.7 }] },
  region_average: {
    placed: [{ pictures: [0, 1], combine: "average", mask: 0, scale: 0.7 }],
  },
};

/** IP-Adapter on SDXL: features, tokens, forwards of the UNet, and whole runs. */
export function ipAdapterXlCases(): GoldenCase[] {
  const kinds = Object.keys(files) as Kind[];
  return [
    ...kinds.map((kind): GoldenCase => ({
      name: `ip_adapter_xl.${kind}`,
      bound: 1e-4,
      run: (context) => forwardsOf(context, kind),
    })),
    ...(["base", "plus"] as const).flatMap((kind) =>
      (["zero", "given"] as const).map((negative): GoldenCase => ({
        name: `ip_adapter_xl.pipeline.${kind}.${negative}`,
        bound: 1e-3,
        loop: true,
        run: (context) => wholeRun(context, kind, negative),
      }))
    ),
  ];
}

/** An adapter with its goldens. */
interface Opened {
  readonly base: Base;
  readonly adapter: LocRefAdapter;
  readonly goldens: Record<string, Tensor>;
}

async function open(context: GoldenContext, kind: Kind): Promise<Opened> {
  const { dir } = context;
  const [file] = files[kind];
  return {
    base: await openBase(join(dir, "sdxl-tiny")),
    adapter: await openLocRef(
      join(dir, "ip-adapter-sdxl", `${file}.safetensors`),
    ),
    goldens: await readGoldens(dir, `ip_adapter_xl_${kind}`),
  };
}

async function forwardsOf(
  context: GoldenContext,
  kind: Kind,
): Promise<number> {
  const opened = await open(context, kind);
  const { goldens, adapter } = opened;
  const features = await featuresOf(context, kind, adapter, goldens);
  const { executor, dir } = context;
  const tokens = await appearanceTokens(executor, adapter, goldens.features!);
  const none = await appearanceTokens(
    executor,
    adapter,
    goldens.zero_features!,
  );
  const errors = [
    relativeError(features, goldens.features!),
    relativeError(tokens, goldens.tokens!),
    relativeError(none, goldens.zero_tokens!),
  ];
  const unet = await openUnet(dir, "sdxl-tiny/unet");
  const sample = goldens.sample!;
  for (const [name, forward] of Object.entries(forwards)) {
    const prediction = await plainUnet(context, unet, {
      sample,
      timesteps: [...goldens.timestep!.data],
      text: goldens.encoder_hidden_states!,
      pooled: goldens.text_embeds,
      timeIds: goldens.time_ids,
      adapters: [locrefGraph()],
      inputs: await adapterInputs(context, opened, {
        ...{ forward, sample },
        tokens: await placedTokens(context, opened, forward),
      }),
    });
    errors.push(relativeError(prediction, goldens[`out.${name}`]!));
  }
  return Math.max(...errors);
}

/** Features of the pictures, by the image encoder that the adapter reads. */
async function featuresOf(
  { dir, executor }: GoldenContext,
  kind: Kind,
  { shape }: LocRefAdapter,
  goldens: Record<string, Tensor>,
): Promise<Tensor> {
  const { config, weights } = await openImageEncoder(
    join(dir, files[kind][1]),
  );
  const outputs = await runOnce(executor, clipImageProgram(config), {
    weights,
    inputs: { pixels: goldens.pixel_values! },
  });
  return outputs[shape.input === "patch" ? "penultimate" : shape.input]!;
}

/** Tokens of the pictures of each place, one row where they are averaged. */
async function placedTokens(
  { executor }: GoldenContext,
  { adapter, goldens }: Opened,
  { placed }: Forward,
): Promise<Tensor> {
  const features = goldens.features!;
  const rows = placed.flatMap(({ pictures }) => pictures).map((row) =>
    sliceBatch(features, row, row + 1)
  );
  const combined = combineFeatures(concatBatch(rows), instancesOf(placed));
  return await appearanceTokens(executor, adapter, combined);
}

/** Places as the instances of a scene. */
function instancesOf(placed: readonly Placed[]) {
  return placed.map(({ pictures, combine = "concat" }) => ({
    ...{ reference: "", others: pictures.slice(1).map(() => ""), combine },
  }));
}

/** Inputs of the graph: equal tokens in every row of the batch. */
async function adapterInputs(
  context: GoldenContext,
  opened: Opened,
  { forward, tokens, sample }: {
    readonly forward: Forward;
    readonly tokens: Tensor;
    readonly sample: Tensor;
  },
): Promise<Values<Tensor>> {
  const { adapter, base, goldens } = opened;
  const { placed } = forward;
  const groups = pictureGroups(instancesOf(placed));
  const batch = sample.shape[0]!;
  const grouped = repeatRows(groupTokens(tokens, groups), batch);
  const sites = crossSites(base.places(sizeOfImage(sample)));
  const { ci, ri } = await pictureKeyValues(context.executor, adapter, {
    ...{ layers: base, tokens: grouped, groups: groups.length },
  });
  const { blocks } = forward;
  const scaled = blocks === undefined ? ri : scaleBlocks(ri, sites, blocks);
  return {
    ...referenceInputs(joinBranches(ci, scaled)),
    ...await masksOf(context, goldens, { placed, groups, sample }),
  };
}

/** Masks of each group, its place's factor divided among the groups of the place. */
async function masksOf(
  { dir }: GoldenContext,
  { masks }: Record<string, Tensor>,
  { placed, groups, sample }: {
    readonly placed: readonly Placed[];
    readonly groups: readonly PictureGroup[];
    readonly sample: Tensor;
  },
): Promise<Values<Tensor>> {
  const [, , height, width] = masks!.shape as number[];
  const size = height! * width!;
  const everywhere = new Float32Array(size).fill(1);
  const own = groups.map(({ instance, share }) => {
    const { mask, scale } = placed[instance]!;
    const data = mask === undefined
      ? everywhere
      : masks!.data.subarray(mask * size, (mask + 1) * size);
    return { data, scale: scale * share };
  });
  const data = new Float32Array(own.length * size);
  own.forEach((one, i) => data.set(one.data, i * size));
  const { config } = await openUnet(dir, "sdxl-tiny/unet");
  return ipMasks(config, {
    masks: tensor([1, own.length, height!, width!], data),
    scales: tensor([own.length], Float32Array.from(own, ({ scale }) => scale)),
  }, sizeOfImage(sample));
}

interface PipelineFile {
  readonly pipeline: {
    readonly prompt: string;
    readonly negative_prompt: string;
    readonly num_inference_steps: number;
    readonly guidance_scale: number;
    readonly scales: readonly number[];
    readonly pictures: readonly number[];
  };
}

async function wholeRun(
  context: GoldenContext,
  kind: Kind,
  negative: "zero" | "given",
): Promise<number> {
  const opened = await open(context, kind);
  const { adapter, base, goldens } = opened;
  const runs = await readGoldens(context.dir, "ip_adapter_xl_pipeline");
  const { pipeline } = await readJson<PipelineFile>(
    join(context.dir, "ip_adapter_xl.json"),
  );
  const row = (x: Tensor, i: number) => sliceBatch(x, i, i + 1);
  const none = negative === "zero"
    ? goldens.zero_tokens!
    : row(goldens.tokens!, 2);
  const wanted = pipeline.pictures.map((i) => row(goldens.tokens!, i));
  const placed = pipeline.scales.map((scale, mask) => ({
    ...{ pictures: [mask], mask, scale },
  }));
  const tokens = concatBatch([...wanted.map(() => none), ...wanted]);
  const { ci, ri } = await pictureKeyValues(context.executor, adapter, {
    ...{ layers: base, tokens, groups: placed.length },
  });
  const noise = runs.latents!;
  const latents = await finalLatents(context, {
    base,
    steps: pipeline.num_inference_steps,
    guidance: pipeline.guidance_scale,
    texts: [{ text: pipeline.negative_prompt }, { text: pipeline.prompt }],
    noise,
    adapters: [locrefGraph()],
    inputs: {
      ...referenceInputs(joinBranches(ci, ri)),
      ...await masksOf(context, goldens, {
        ...{ placed, groups: pictureGroups(instancesOf(placed)) },
        sample: noise,
      }),
    },
  });
  return relativeError(latents, runs[`${kind}.${negative}.final_latents`]!);
}
