import {
  clipImage,
  type ClipImageConfig,
} from "../../lib/encoders/clip_image.ts";
import { clipText, type ClipTextConfig } from "../../lib/encoders/clip_text.ts";
import type { Ops } from "../../lib/ops/ops.ts";
import type { Params } from "../../lib/ops/params.ts";
import type { Tf, TfScalar, TfTensor } from "../tf.ts";
import { clipImageConfig, clipTextConfig } from "./clip_configs.ts";

/** Pairs of pictures and texts. */
export interface ClipBatch {
  readonly pixels: TfTensor;
  readonly ids: TfTensor;
  /** 1 at the end of each text, `[N, tokens, 1]`. */
  readonly ends: TfTensor;
}

/** Values of one patch of a picture. */
export const patchValues: number = 3 * clipImageConfig.patch_size ** 2;

/**
 * The contrast of pictures and texts (Radford et al. 2021, figure 3) and, weighed by
 * `reconstruction`, the pixels of each patch read off the penultimate tokens.
 */
export function clipLoss(
  { tf, ops }: { tf: Tf; ops: Ops<TfTensor> },
  batch: ClipBatch,
  weights: Params<TfTensor>,
  reconstruction: number,
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
  const error = reconstructionError(tf, ops, {
    tokens: image.penultimate,
    batch,
  }, weights);
  const loss = tf.add(contrast, tf.mul(error, reconstruction)) as TfScalar;
  return { loss, metrics: { found, reconstruction: error } };
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
  const count = (side / patch) ** 2;
  const read = ops.linear(
    ops.sliceTokens(tokens, 1, count),
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
    count,
    patchValues,
  ]);
  return tf.mean(tf.square(tf.sub(read, target))) as TfScalar;
}
