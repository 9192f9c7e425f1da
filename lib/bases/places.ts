import type { Size } from "../core/geometry.ts";

/** One attention layer of a denoiser: its place, width and size. */
export interface AttentionSite {
  /** Whether it attends to the picture itself or to the text. */
  readonly kind: "self" | "cross";
  /** Place among the layers of its kind: down, up, middle last, from 0. */
  readonly layer: number;
  /** Name in the checkpoint, such as `down_blocks.0.attentions.0.transformer_blocks.0.attn2`. */
  readonly path: string;
  /** Width of queries, keys and values. */
  readonly width: number;
  /** Heads that the width is divided into. */
  readonly heads: number;
  /** How often the latent was halved before. */
  readonly level: number;
  /** Height and width of the query positions, in cells. */
  readonly size: Size;
}

/** The places of a denoiser where adapters act, for latents of one size. */
export interface Places extends FeatureSites {
  /** Height and width of the latents. */
  readonly size: Size;
  /** All attention layers, each self-attention before the cross-attention of its block. */
  readonly sites: readonly AttentionSite[];
  /** Its group norms. @default {none that the hook `groupNorm` replaces} */
  readonly norms?: NormSites;
}

/** The group norms of a denoiser, in the order in which they run. */
export interface NormSites {
  /** How many there are. */
  readonly count: number;
  /** Groups of channels in each. */
  readonly groups: number;
  /** Place of the first that the program runs: only the last few run on deep features. */
  readonly first: number;
}

/** The attention of a denoiser, as adapters need to know it. */
export interface AttentionLayers {
  /** Width of the text tokens that cross-attention reads. */
  readonly textWidth: number;
  /** Where adapters act for latents of `size`; but for sizes it is the same at every one. */
  places(size: Size): Places;
}

/** The cross-attention layers among `sites`: down, up, middle last. */
export function crossSites(
  { sites }: Pick<Places, "sites">,
): readonly AttentionSite[] {
  return sites.filter(({ kind }) => kind === "cross");
}

/** Sizes at which a denoiser attends to text, finest first: what masks are needed for. */
export function attentionSizes(places: Pick<Places, "sites">): Size[] {
  const byLevel = new Map(
    crossSites(places).map(({ level, size }) => [level, size]),
  );
  return [...byLevel].sort(([a], [b]) => a - b).map(([, size]) => size);
}

/** One feature that the way down leaves for the way up, or the middle. */
export interface SkipSite {
  /** Place among the skips, from 0; `"mid"` is the middle block's result. */
  readonly index: number | "mid";
  /** Channels of the feature. */
  readonly channels: number;
}

/** The features of one level on the way down, from 0. */
export interface LevelSite {
  /** How often the latent was halved before. */
  readonly level: number;
  /** Channels of the features. */
  readonly channels: number;
}

/** Where a denoiser can be added to beside its attention layers, for one size of latents. */
export interface FeatureSites {
  /** Every skip, the middle block's result last. */
  readonly skips: readonly (SkipSite & { readonly size: Size })[];
  /** Every level on the way down. */
  readonly levels: readonly (LevelSite & { readonly size: Size })[];
}
