import { join } from "node:path";
import {
  type BlockScales,
  scaleBlocks,
} from "../../../lib/adapters/ip_adapter/block_scales.ts";
import {
  joinBranches,
  referenceInputs,
} from "../../../lib/adapters/locref/locref_graph.ts";
import type { LocRefAdapter } from "../../../lib/adapters/locref/locref_file.ts";
import {
  combineFeatures,
  groupTokens,
  type PictureGroup,
  pictureGroups,
} from "../../../lib/adapters/locref/picture_groups.ts";
import { openLocRef } from "../../../lib/adapters/open_locref.ts";
import { openBase } from "../../../lib/bases/bases.ts";
import type { Base } from "../../../lib/bases/base.ts";
import { crossSites } from "../../../lib/bases/places.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { concatBatch, sliceBatch } from "../../../lib/core/tensor_rows.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import {
  appearanceTokens,
  pictureKeyValues,
  repeatRows,
} from "../adapter_cases.ts";
import { ipMasks } from "../ip_masks.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import type { GoldenContext } from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { openUnet } from "./plain_unet.ts";
import type { Combine } from "../../../lib/scene_data/several_pictures.ts";

/** The adapters of the set with the image encoders that they read. */
export const files = {
  base: ["ip-adapter_sdxl", "image-encoder-bigg"],
  vit_h: ["ip-adapter_sdxl_vit-h", "image-encoder-h"],
  plus: ["ip-adapter-plus_sdxl_vit-h", "image-encoder-h"],
} as const;

export type Kind = keyof typeof files;

/** Pictures in one place: which, how together, under which mask, and how strongly. */
export interface Placed {
  readonly pictures: readonly number[];
  readonly combine?: Combine;
  /** Number of the mask; everywhere where absent. */
  readonly mask?: number;
  readonly scale: number;
}

/** A forward of the UNet. */
export interface Forward {
  readonly placed: readonly Placed[];
  readonly blocks?: BlockScales;
}

const style: BlockScales = { "up_blocks.0.attentions.1": 1 };

/** The forwards of each file, as `ip_adapter_xl.json` describes them. */
export const forwards: Readonly<Record<string, Forward>> = {
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

/** An adapter with its goldens. */
export interface Opened {
  readonly base: Base;
  readonly adapter: LocRefAdapter;
  readonly goldens: Record<string, Tensor>;
}

export async function open(
  context: GoldenContext,
  kind: Kind,
): Promise<Opened> {
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

/** Tokens of the pictures of each place, one row where they are averaged. */
export async function placedTokens(
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
export function instancesOf(placed: readonly Placed[]) {
  return placed.map(({ pictures, combine = "concat" }) => ({
    ...{ reference: "", others: pictures.slice(1).map(() => ""), combine },
  }));
}

/** Masks of each group, its place's factor divided among the groups of the place. */
export async function masksOf(
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

/** Inputs of the graph: equal tokens in every row of the batch. */
export async function adapterInputs(
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
