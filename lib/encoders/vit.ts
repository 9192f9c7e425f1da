import type { Program } from "../ops/executor.ts";
import { conv2d, layerNorm } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import { clipEncoder, type ClipTransformerConfig } from "./clip_transformer.ts";

/** Sizes of a vision transformer. */
export interface VitConfig extends ClipTransformerConfig {
  /** Side of the square input, in pixels. */
  readonly image_size: number;
  /** Side of a square patch, in pixels. */
  readonly patch_size: number;
}

type PatchSizes = Pick<VitConfig, "image_size" | "patch_size" | "hidden_size">;

/** Number of tokens of a picture: one a patch and the class token. */
export function visionTokens({ image_size, patch_size }: PatchSizes): number {
  return (image_size / patch_size) ** 2 + 1;
}

/**
 * Patches of a picture as tokens behind a class token, with their places (Dosovitskiy et al. 2021, 3.1).
 *
 * @param pixels normalised pictures `[N, 3, image_size, image_size]`.
 * @returns `[N, tokens, width]`.
 */
export function patchTokens<T>(
  ops: Ops<T>,
  p: Params<T>,
  pixels: T,
  { hidden_size: width, patch_size: patch }: PatchSizes,
  { position, bias = true, classToken = [width] }: {
    /** Reads the embeddings of the places, a row a token. */
    position: () => T;
    /** Whether the patches have a bias. @default {true} */
    bias?: boolean;
    /** Shape in which the class token lies in the checkpoint. @default {[width]} */
    classToken?: readonly number[];
  },
): T {
  const patches = ops.tokens(conv2d(ops, p.at("patch_embedding"), pixels, {
    ...{ in: 3, out: width, bias },
    ...{ kernel: patch, stride: patch, padding: 0 },
  }));
  const first = ops.repeatBatch(p.get("class_embedding", classToken), patches);
  const places = position();
  return ops.add(ops.concatTokens([first, patches]), places);
}

/**
 * A plain vision transformer (Dosovitskiy et al. 2021), with weights under the names of CLIP's
 * image tower.
 *
 * @param pixels normalised pictures `[N, 3, image_size, image_size]`.
 * @returns the class token after the last layer norm, `[N, width]`.
 */
export function vit<T>(
  ops: Ops<T>,
  p: Params<T>,
  pixels: T,
  config: VitConfig,
): T {
  const { hidden_size: width, layer_norm_eps: eps } = config;
  const places = [visionTokens(config), width];
  const x = patchTokens(ops, p, pixels, config, {
    position: () => p.get("position_embedding", places),
  });
  const states = clipEncoder(ops, p.at("encoder"), x, config, {
    causal: false,
  });
  const last = ops.token(states.at(-1)!, 0);
  return layerNorm(ops, p.at("layernorm"), last, width, eps);
}

/** {@linkcode vit} as a program: `pixels` in, `embeds` out. */
export function vitProgram(config: VitConfig): Program {
  const { image_size: side, hidden_size: width } = config;
  return {
    name: "vit",
    inputs: { pixels: { kind: "image", shape: ["batch", 3, side, side] } },
    outputs: { embeds: { kind: "float", shape: ["batch", width] } },
    run: (ops, params, inputs) => ({
      embeds: vit(ops, params, inputs.pixels!, config),
    }),
  };
}
