import {
  clipImage,
  type ClipImageConfig,
} from "../../../lib/encoders/clip_image.ts";
import {
  clipText,
  type ClipTextConfig,
} from "../../../lib/encoders/clip_text.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import type { LossOps } from "../../../lib/ops/loss_ops.ts";
import type { LossProgram, LossValues } from "../../../lib/ops/loss_program.ts";
import { eye, number, square } from "../../loop/loss_parts.ts";
import type { Params } from "../../../lib/ops/params.ts";
import { clipTextConfig } from "../stages/clip_configs.ts";

/** Weights of the parts of {@linkcode clipProgram} besides the contrast. */
export interface ClipLossWeights {
  readonly reconstruction: number;
  readonly places: number;
  /** Values of a patch that are read off its token. @default {those of its pixels} */
  readonly values?: number;
}

/** Patches of a picture. */
export function patchCount(
  { image_size, patch_size }: Pick<
    ClipImageConfig,
    "image_size" | "patch_size"
  >,
): number {
  return (image_size / patch_size) ** 2;
}

/** Values of one patch of a picture. */
export function patchValues({ patch_size }: ClipImageConfig): number {
  return 3 * patch_size ** 2;
}

/**
 * The contrast of pictures and texts (Radford et al. 2021, figure 3), and what linear layers read off
 * the penultimate tokens: the pixels or latents of each patch, and which patch it is.
 *
 * A batch holds `pixels`, token `ids`, 1 at the `ends` of texts `[N, tokens, 1]`, the values of all
 * `patches` `[N, patches, values]`, and a 1 for each right `pair`, `[N, N]`.
 */
export function clipProgram(
  image: ClipImageConfig,
  parts: ClipLossWeights,
): LossProgram {
  return {
    name: "pocket_clip",
    inputs: {
      pixels: "image",
      ids: "ids",
      ends: "float",
      patches: "float",
      pairs: "float",
    },
    run: (ops, weights, batch) =>
      clipLoss(ops, weights, batch, { image, parts }),
  };
}

function clipLoss<T>(
  ops: LossOps<T>,
  weights: Params<T>,
  batch: Values<T>,
  { image: config, parts }: { image: ClipImageConfig; parts: ClipLossWeights },
): LossValues<T> {
  const image = clipImage(ops, weights, batch.pixels!, config);
  const pictures = unit(ops, image.embeds);
  const texts = unit(ops, textEmbeds(ops, batch, weights));
  const logarithm = ops.add(
    weights.get("logit_scale", [1]),
    number(ops, Math.log(14)),
  );
  const scale = ops.exp(logarithm);
  const pairs = batch.pairs!;
  const logits = (a: T, b: T) =>
    ops.mul(ops.product(a, b, { transposeB: true }), scale);
  const crossEntropy = (x: T) => {
    const right = ops.sumWidth(ops.mul(ops.logSoftmax(x), pairs));
    return ops.scale(ops.mean(right), -1);
  };
  const byPicture = logits(pictures, texts);
  const contrast = ops.scale(
    ops.add(crossEntropy(byPicture), crossEntropy(logits(texts, pictures))),
    0.5,
  );
  const own = ops.sumWidth(ops.mul(byPicture, pairs));
  const found = ops.mean(ops.atLeast(own, ops.maxWidth(byPicture)));
  const tokens = ops.sliceTokens(image.penultimate, 1, patchCount(config));
  const reconstruction = reconstructionError(ops, tokens, batch, {
    weights,
    width: config.hidden_size,
    values: parts.values ?? patchValues(config),
  });
  const places = placeError(ops, tokens, weights, config);
  const told = ops.add(
    ops.scale(reconstruction, parts.reconstruction),
    ops.scale(places, parts.places),
  );
  return {
    loss: ops.add(contrast, told),
    metrics: { found, reconstruction, places },
  };
}

/** The text's state at its end, projected (Radford et al. 2021, 2.4). */
function textEmbeds<T>(
  ops: LossOps<T>,
  batch: Values<T>,
  weights: Params<T>,
): T {
  const config = clipTextConfig as ClipTextConfig;
  const hidden = clipText(ops, weights, batch.ids!, config);
  const end = ops.product(batch.ends!, hidden, { transposeA: true });
  const { projection_dim, hidden_size } = clipTextConfig;
  const shape = [projection_dim, hidden_size];
  return ops.linear(
    ops.token(end, 0),
    weights.get("text_projection.weight", shape),
  );
}

function unit<T>(ops: LossOps<T>, x: T): T {
  const squares = ops.add(ops.sumWidth(square(ops, x)), number(ops, 1e-8));
  return ops.div(x, ops.sqrt(squares));
}

/** Mean square of what is missing of each patch's values. */
function reconstructionError<T>(
  ops: LossOps<T>,
  tokens: T,
  batch: Values<T>,
  { weights, width, values }: {
    weights: Params<T>;
    width: number;
    values: number;
  },
): T {
  const at = weights.at("reconstruction");
  const read = ops.linear(
    tokens,
    at.get("weight", [values, width]),
    at.get("bias", [values]),
  );
  return ops.mean(square(ops, ops.sub(read, batch.patches!)));
}

/**
 * Cross-entropy of the patches that tokens are taken for. The UNet's attention finds a token by its
 * place, which tokens of an object otherwise hardly carry beside its content.
 */
export function placeError<T>(
  ops: LossOps<T>,
  tokens: T,
  weights: Params<T>,
  { hidden_size: width, ...sizes }: Pick<
    ClipImageConfig,
    "hidden_size" | "image_size" | "patch_size"
  >,
): T {
  const count = patchCount(sizes);
  const reader = weights.get("place.weight", [count, width]);
  const likely = ops.mul(
    ops.logSoftmax(ops.linear(tokens, reader)),
    eye(ops, count),
  );
  return ops.scale(ops.mean(ops.sumWidth(likely)), -1);
}
