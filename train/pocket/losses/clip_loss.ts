import {
  clipImage,
  type ClipImageConfig,
} from "../../../lib/encoders/clip_image.ts";
import {
  clipText,
  type ClipTextConfig,
} from "../../../lib/encoders/clip_text.ts";
import type { Ops } from "../../../lib/ops/ops.ts";
import type { Params } from "../../../lib/ops/params.ts";
import type { Tf, TfScalar, TfTensor } from "../../loop/tf.ts";
import { clipImageConfig, clipTextConfig } from "../stages/clip_configs.ts";

/** Pairs of pictures and texts. */
export interface ClipBatch {
  readonly pixels: TfTensor;
  readonly ids: TfTensor;
  /** 1 at the end of each text, `[N, tokens, 1]`. */
  readonly ends: TfTensor;
}

/** Weights of the parts of {@linkcode clipLoss} besides the contrast. */
export interface ClipLossWeights {
  readonly reconstruction: number;
  readonly places: number;
}

/** Patches of a picture. */
export const patchCount: number =
  (clipImageConfig.image_size / clipImageConfig.patch_size) ** 2;

/** Values of one patch of a picture. */
export const patchValues: number = 3 * clipImageConfig.patch_size ** 2;

/**
 * The contrast of pictures and texts (Radford et al. 2021, figure 3), and what linear layers read off
 * the penultimate tokens: the pixels of each patch, and which patch it is.
 */
export function clipLoss(
  { tf, ops }: { tf: Tf; ops: Ops<TfTensor> },
  batch: ClipBatch,
  weights: Params<TfTensor>,
  parts: ClipLossWeights,
) {
  const image = clipImage(
    ops,
    weights,
    batch.pixels,
    clipImageConfig as ClipImageConfig,
  );
  const text = textEmbeds(tf, ops, batch, weights);
  const scale = tf.exp(tf.add(weights.get("logit_scale", [1]), Math.log(14)));
  const logits = tf.mul(
    tf.matMul(unit(tf, image.embeds), unit(tf, text), false, true),
    scale,
  );
  const count = batch.ids.shape[0]!;
  const right = tf.eye(count);
  const crossEntropy = (x: TfTensor) =>
    tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(x), right), -1)));
  const contrast = tf.mul(
    tf.add(crossEntropy(logits), crossEntropy(tf.transpose(logits))),
    0.5,
  );
  const found = tf.mean(
    tf.cast(
      tf.equal(tf.argMax(logits, -1), tf.range(0, count, 1, "int32")),
      "float32",
    ),
  ) as TfScalar;
  const tokens = ops.sliceTokens(image.penultimate, 1, patchCount);
  const reconstruction = reconstructionError(
    tf,
    ops,
    { tokens, batch },
    weights,
  );
  const places = placeError(tf, ops, tokens, weights);
  const loss = tf.addN([
    contrast,
    tf.mul(reconstruction, parts.reconstruction),
    tf.mul(places, parts.places),
  ]) as TfScalar;
  return { loss, metrics: { found, reconstruction, places } };
}

/** The text's state at its end, projected (Radford et al. 2021, 2.4). */
function textEmbeds(
  tf: Tf,
  ops: Ops<TfTensor>,
  batch: ClipBatch,
  weights: Params<TfTensor>,
): TfTensor {
  const hidden = clipText(
    ops,
    weights,
    batch.ids,
    clipTextConfig as ClipTextConfig,
  );
  const end = tf.sum(tf.mul(hidden, batch.ends), 1);
  const { projection_dim, hidden_size } = clipTextConfig;
  return ops.linear(
    end,
    weights.get("text_projection.weight", [projection_dim, hidden_size]),
  );
}

function unit(tf: Tf, x: TfTensor): TfTensor {
  return tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-8)));
}

/** Mean square of what is missing of each patch's pixels. */
function reconstructionError(
  tf: Tf,
  ops: Ops<TfTensor>,
  { tokens, batch }: { tokens: TfTensor; batch: ClipBatch },
  weights: Params<TfTensor>,
): TfScalar {
  const { hidden_size: width, patch_size: patch, image_size: side } =
    clipImageConfig;
  const at = weights.at("reconstruction");
  const read = ops.linear(
    tokens,
    at.get("weight", [patchValues, width]),
    at.get("bias", [patchValues]),
  );
  const rows = batch.pixels.shape[0]!, across = side / patch;
  const split = tf.reshape(batch.pixels, [
    rows * across,
    patch,
    across,
    patch * 3,
  ]);
  const target = tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [
    rows,
    patchCount,
    patchValues,
  ]);
  return tf.mean(tf.square(tf.sub(read, target))) as TfScalar;
}

/**
 * Cross-entropy of the patches that tokens are taken for. The UNet's attention finds a token by its
 * place, which tokens of an object otherwise hardly carry beside its content.
 */
export function placeError(
  tf: Tf,
  ops: Ops<TfTensor>,
  tokens: TfTensor,
  weights: Params<TfTensor>,
): TfScalar {
  const { hidden_size: width } = clipImageConfig;
  const reader = weights.get("place.weight", [patchCount, width]);
  const likely = tf.mul(
    tf.logSoftmax(ops.linear(tokens, reader)),
    tf.eye(patchCount),
  );
  return tf.neg(tf.mean(tf.sum(likely, -1))) as TfScalar;
}
