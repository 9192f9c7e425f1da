import type { WeightSource } from "../../ops/executor.ts";

/** Kind of a checkpoint file. */
export type WeightKind =
  | "unet"
  | "vae"
  | "clip-text"
  | "clip-vision"
  | "clip"
  | "blip"
  | "locref"
  | "ip-adapter-base"
  | "ip-adapter-full"
  | "ip-adapter-plus"
  | "ip-adapter-faceid"
  | "gligen"
  | "migc"
  | "ms-diffusion"
  | "fastcomposer"
  | "lora"
  | "lycoris"
  | "taesd"
  | "pocket-detector"
  | "controlnet"
  | "t2i-adapter"
  | "sd-checkpoint"
  | "unet-original"
  | "vae-original"
  | "clip-original"
  | "other-model"
  | "upscaler"
  | "textual-inversion"
  | "unknown";

/** Identity of a checkpoint, from the names and shapes of its tensors alone. */
export interface WeightIdentity {
  readonly kind: WeightKind;
  /** In words, such as `UNet of Stable Diffusion 1.x`. */
  readonly what: string;
  /** The model that it belongs to or fits, where that is known. */
  readonly base?: string;
  /** Advice on how to use it. */
  readonly next: string;
  /** Why it cannot be used here, where it cannot. */
  readonly unusable?: string;
}

/** Names, shapes and metadata of a checkpoint; no values. */
export interface WeightHeader extends Pick<WeightSource, "names" | "info"> {
  readonly metadata: Readonly<Record<string, string>>;
  /** Octaves of coordinates among a UNet's input, as the config beside it says. @default {0} */
  readonly coordinates?: number;
}

/** A header with short ways to ask about it. */
export interface WeightView extends WeightHeader {
  /** Whether there is a tensor of this name. */
  has(name: string): boolean;
  /** Dimension `axis` of the tensor `name`, or `undefined`. */
  dim(name: string, axis: number): number | undefined;
  /** The first name that matches. */
  find(pattern: RegExp): string | undefined;
}

/** Adds the short ways to a header. */
export function viewOf(header: WeightHeader): WeightView {
  return {
    ...header,
    has: (name) => header.info(name) !== undefined,
    dim: (name, axis) => header.info(name)?.shape[axis],
    find: (pattern) => header.names().find((name) => pattern.test(name)),
  };
}

/** Says what a checkpoint is if it is of the rule's kind. */
export type IdentityRule = (
  view: WeightView,
) => WeightIdentity | undefined;

const BASES = new Map([
  [768, "Stable Diffusion 1.x"],
  [1024, "Stable Diffusion 2.x"],
  [2048, "Stable Diffusion XL"],
]);

/** The model whose text has this width. */
export function baseOf(textWidth: number | undefined): string | undefined {
  if (textWidth === undefined) return undefined;
  return BASES.get(textWidth) ?? `a UNet for text of width ${textWidth}`;
}
