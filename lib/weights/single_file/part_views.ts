/** Parts of original checkpoints as weights under the names of diffusers and transformers. */

import type { WeightSource } from "../../ops/executor.ts";
import { viewWeights, type WeightView } from "../weight_views.ts";
import { openClipViews } from "./open_clip_names.ts";
import type { ModuleNames } from "./module_names.ts";
import { unetNames } from "./unet_names.ts";
import { vaeNames } from "./vae_names.ts";

/** Names and shapes. */
type Header = Pick<WeightSource, "names" | "info">;

/** The names behind a prefix, without it. */
export function behind(source: Header, prefix: string): string[] {
  return source.names().filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

/** The UNet behind a prefix, in original names or those of diffusers. */
export function unetPart(source: WeightSource, prefix: string): WeightSource {
  const names = behind(source, prefix);
  return renamed(source, prefix, names, original(names, unetNames(names)));
}

/** The VAE behind a prefix; its attention is convolutions of one pixel in original files. */
export function vaePart(source: WeightSource, prefix: string): WeightSource {
  const names = behind(source, prefix);
  return renamed(source, prefix, names, original(names, vaeNames(names)));
}

/**
 * The text encoder behind a prefix, in the names of OpenCLIP or of transformers.
 *
 * @param layers Number of layers that are kept. @default {all}
 */
export function textPart(
  source: WeightSource,
  prefix: string,
  layers = Infinity,
): WeightSource {
  const names = behind(source, prefix);
  const views = names.some((name) => name.startsWith("transformer.resblocks."))
    ? openClipViews(names)
    : transformersViews(names);
  const kept = [...views].filter(([name]) => layerOf(name) < layers)
    .map(([name, view]) =>
      [name, { ...view, from: prefix + view.from }] as const
    );
  return viewWeights(source, new Map(kept));
}

/** Merging tools of 2022 left the model's own name out. */
function transformersViews(names: readonly string[]): Map<string, WeightView> {
  const views = new Map<string, WeightView>();
  for (const name of names) {
    if (name.endsWith("position_ids") || name === "logit_scale") continue;
    const bare = /^(embeddings|encoder|final_layer_norm)\./.test(name);
    views.set(bare ? `text_model.${name}` : name, { from: name });
  }
  return views;
}

function layerOf(name: string): number {
  return Number(/^text_model\.encoder\.layers\.(\d+)\./.exec(name)?.[1] ?? 0);
}

/** Translates original names; names of diffusers stay, and what is neither is left out. */
function original(
  names: readonly string[],
  modules: ModuleNames,
): (name: string) => string | undefined {
  const isOriginal = names.some((name) =>
    /^(input_blocks|encoder\.down|decoder\.up)\.\d/.test(name)
  );
  return isOriginal ? (name) => modules.toDiffusers(name) : (name) => name;
}

function renamed(
  source: WeightSource,
  prefix: string,
  names: readonly string[],
  rename: (name: string) => string | undefined,
): WeightSource {
  const views = new Map<string, WeightView>();
  for (const name of names) {
    const current = rename(name);
    if (current === undefined) continue;
    const from = prefix + name;
    const shape = squeezed(current, source.info(from)!.shape);
    views.set(current, { from, shape });
  }
  return viewWeights(source, views);
}

/** Attention of a VAE, whose projections are linear in diffusers. */
const projection =
  /^(en|de)coder\.mid_block\.attentions\.0\.to_(q|k|v|out\.0)\.weight$/;

function squeezed(
  name: string,
  shape: readonly number[],
): readonly number[] | undefined {
  if (!projection.test(name) || shape.length !== 4) return undefined;
  return shape[2] === 1 && shape[3] === 1 ? shape.slice(0, 2) : undefined;
}
