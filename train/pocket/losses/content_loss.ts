import type { Ops } from "../../../lib/ops/ops.ts";
import type { Params } from "../../../lib/ops/params.ts";
import { attention } from "../../../lib/ops/tfjs/attention.ts";
import { crossAttentionLayers } from "../../../lib/bases/sd/cross_attention_layers.ts";
import type { HostWeights } from "../../loop/host_weights.ts";
import { initialWeights } from "../../loop/initial_weights.ts";
import type { AttentionLayer } from "../../locref/denoiser.ts";
import type { Tf, TfScalar, TfTensor } from "../../loop/tf.ts";
import { across, behindHalving, headsOf, sideOf } from "./place_loss.ts";
import { pocketUnetConfig } from "../stages/unet_config.ts";

/** Latents of a token's patch along each side. */
const within = pocketUnetConfig.sample_size / across;
const channels = pocketUnetConfig.in_channels;
/** Numbers that a token's patch has in the latents. */
const told = within ** 2 * channels;

/** Layers whose grid is no coarser than the tokens. */
const fine = crossAttentionLayers(pocketUnetConfig)
  .filter(({ level }) => pocketUnetConfig.sample_size / 2 ** level >= across);

/** Widths of those that are read: from the first halved one on. */
const widths = fine.slice(fine.findIndex(({ level }) => level > 0))
  .map(({ width }) => width);

const readerName = (layer: number) => `content_reader.${layer}.weight`;

/** Weights of the linear readers of {@linkcode contentLoss}, which no model keeps. */
export function contentReaders(seed: number): HostWeights {
  return initialWeights(
    new Map(widths.map((width, i) => [readerName(i), [told, width]])),
    { seed },
  );
}

/** Targets of {@linkcode contentLoss}. */
export interface Content {
  /** Clean latents `[N, side, side, channels]`. */
  readonly latents: TfTensor;
  /** 1 inside of boxes, 0 elsewhere and where there is no composite image, `[N, side, side, 1]`. */
  readonly inside: TfTensor;
}

/**
 * Mean square of what linear readers miss of the clean latents, given what attention to the composite
 * image brings to each cell: all latents of the patch of the token there.
 */
export function contentLoss(
  { tf, ops }: { tf: Tf; ops: Ops<TfTensor> },
  layers: readonly AttentionLayer<TfTensor>[],
  { latents, inside }: Content,
  weights: Params<TfTensor>,
): TfScalar {
  const target = patches(tf, latents);
  const where = tf.mean(patches(tf, inside), -1, true);
  const read = behindHalving(layers).filter((one) => sideOf(one) >= across);
  const terms = read.map((layer, i) => {
    const { queries, ci } = layer, heads = headsOf(layer);
    const asked = { heads, training: true };
    const brought = attention(tf, queries, ci.k, ci.v, asked);
    const reader = weights.get(readerName(i), [told, widths[i]!]);
    const answer = ops.linear(brought, reader);
    const cells = tf.tensor1d(tokenOfCell(sideOf(layer)), "int32");
    const miss = tf.square(tf.sub(answer, tf.gather(target, cells, 1)));
    const weight = tf.gather(where, cells, 1);
    return tf.div(
      tf.sum(tf.mul(miss, weight)),
      tf.add(tf.mul(tf.sum(weight), told), 1),
    );
  });
  return tf.div(tf.addN(terms), terms.length) as TfScalar;
}

/** `[N, side, side, C]` by the patches of tokens, `[N, tokens, C · cells of a patch]`. */
function patches(tf: Tf, image: TfTensor): TfTensor {
  const [batch, , , depth] = image.shape as [number, number, number, number];
  const cut = tf.reshape(image, [batch, across, within, across, within, depth]);
  const sorted = tf.transpose(cut, [0, 1, 3, 2, 4, 5]);
  return tf.reshape(sorted, [batch, across ** 2, within ** 2 * depth]);
}

/** For each cell of a grid the token that covers it. */
function tokenOfCell(side: number): number[] {
  const place = (at: number) => Math.floor(at * across / side);
  return Array.from(
    { length: side ** 2 },
    (_, i) => place(Math.floor(i / side)) * across + place(i % side),
  );
}
