import { ipMasks } from "../ip_masks.ts";
import { join } from "node:path";
import { openLocRef } from "../../../lib/adapters/open_locref.ts";
import {
  blockScale,
  scaleBlocks,
} from "../../../lib/adapters/ip_adapter/block_scales.ts";
import { withoutContent } from "../../../lib/adapters/ip_adapter/without_content.ts";
import {
  joinBranches,
  locrefGraph,
  referenceInputs,
} from "../../../lib/adapters/locref/locref_graph.ts";
import { crossSites } from "../../../lib/bases/places.ts";
import { attentionLayers } from "../../../lib/bases/sd/attention_sites.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import {
  appearanceTokens,
  pictureKeyValues,
  repeatRows,
} from "../adapter_cases.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import {
  addedOf,
  forward,
  openTinyUnet,
  placesOf,
  timestepsOf,
  type TinyBase,
  tinyFolders,
} from "./tiny_unet.ts";

type Level = number | readonly number[];

/** Strengths as diffusers spells them. */
interface Config {
  readonly down?: Readonly<Record<string, Level>>;
  readonly mid?: number;
  readonly up?: Readonly<Record<string, Level>>;
}

interface StyleFile {
  readonly content_scale: number;
  readonly sd15: StyleSettings;
  readonly sdxl: StyleSettings;
}

interface StyleSettings {
  readonly configs: Readonly<Record<string, Config>>;
  /** Strengths by place among all attention layers. */
  readonly scales: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** An IP-Adapter with strengths of its own in each block. */
export const instantStyleCases: readonly GoldenCase[] = [
  ...["style", "style_layout", "mixed", "subtracted"].map((name) =>
    one("sd15", name)
  ),
  ...["style", "style_layout", "subtracted"].map((name) => one("sdxl", name)),
];

function one(base: TinyBase, name: string): GoldenCase {
  return {
    name: `instant_style.${base}.${name}`,
    bound: 1e-4,
    run: (context) => styled(context, base, name),
  };
}

async function styled(
  context: GoldenContext,
  base: TinyBase,
  name: string,
): Promise<number> {
  const { dir, executor } = context;
  const goldens = await readGoldens(dir, `instant_style_${base}`);
  const file = await readJson<StyleFile>(join(dir, "instant_style.json"));
  const unet = await openTinyUnet(dir, tinyFolders[base]);
  const path = join(dir, "instant-style", `ip-adapter-${base}.safetensors`);
  const adapter = await openLocRef(path);
  const subtracted = name === "subtracted";
  const settings = file[base];
  const scales = blocksOf(settings.configs[subtracted ? "style" : name]!);
  const { image_embeds: image, content_embeds: content } = goldens;
  const embeds = subtracted
    ? withoutContent(image!, content!, file.content_scale)
    : image!;
  const tokens = await appearanceTokens(executor, adapter, embeds);
  const sample = goldens.sample!;
  const sites = crossSites(placesOf(unet, sample));
  const { ci, ri } = await pictureKeyValues(executor, adapter, {
    layers: attentionLayers(unet.config),
    tokens: repeatRows(tokens, sample.shape[0]!),
    groups: tokens.shape[0]!,
  });
  const inputs = {
    ...referenceInputs(joinBranches(ci, scaleBlocks(ri, sites, scales))),
    ...ipMasks(unet.config, goldens, sizeOfImage(sample)),
  };
  const found = await forward(context, unet, {
    ...{ sample, timesteps: timestepsOf(goldens.timestep!) },
    text: goldens.encoder_hidden_states!,
    added: addedOf(goldens),
    adapters: [{ graph: locrefGraph(), inputs }],
  });
  return Math.max(
    relativeError(
      tokens,
      goldens[subtracted ? "tokens_subtracted" : "tokens"]!,
    ),
    relativeError(found, goldens[`out_${name}`]!),
    scaleError(sites, scales, settings.scales[name]),
  );
}

/** Largest difference of the strengths from those that diffusers makes of the same config. */
function scaleError(
  sites: readonly { readonly path: string }[],
  scales: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>> = {},
): number {
  return Math.max(
    0,
    ...Object.entries(expected).map(([place, scale]) =>
      Math.abs(blockScale(sites[(Number(place) - 1) / 2]!.path, scales) - scale)
    ),
  );
}

function blocksOf({ down, mid, up }: Config): Record<string, number> {
  const scales: Record<string, number> = mid === undefined
    ? {}
    : { mid_block: mid };
  for (const [way, blocks] of Object.entries({ down, up })) {
    for (const [block, level] of Object.entries(blocks ?? {})) {
      const path = `${way}_blocks.${block.replace("block_", "")}`;
      if (typeof level === "number") scales[path] = level;
      else {
        level.forEach((one, i) => scales[`${path}.attentions.${i}`] = one);
      }
    }
  }
  return scales;
}
