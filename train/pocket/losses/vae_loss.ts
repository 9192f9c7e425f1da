import { vaeDecode } from "../../../lib/encoders/vae_decoder.ts";
import { vaeEncode } from "../../../lib/encoders/vae_encoder.ts";
import { type VaeConfig, vaeFactor } from "../../../lib/encoders/vae_config.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import type { LossOps } from "../../../lib/ops/loss_ops.ts";
import type { LossProgram, LossValues } from "../../../lib/ops/loss_program.ts";
import type { Params } from "../../../lib/ops/params.ts";
import { addAll, meanOf, number, square } from "../../loop/loss_parts.ts";
import { detailLoss } from "./detail_loss.ts";

/** Weights of the terms in the loss of a VAE. */
export interface VaeLossOptions {
  readonly shape: VaeConfig;
  /** Side of the pictures, in pixels. */
  readonly side: number;
  /** Weight of the divergence's sum beside the sum of absolute errors (Rombach et al. 2022). */
  readonly kl: number;
  /** Deviation of the noise that latents bear in training, beside their posterior's. */
  readonly latentNoise: number;
  /** Weight of what holds each channel's mean square. */
  readonly hold: number;
  /** Mean square that each latent channel is held at; none where the encoder is frozen. */
  readonly squares: readonly number[];
  /** Weight of {@linkcode detailLoss}. */
  readonly detail: number;
}

/**
 * L1 of values and of differences, the divergence from a unit Gaussian, and what holds the latents'
 * size. Without the last, latents would grow until the fixed noise in them counts for nothing.
 */
export function vaeProgram(options: VaeLossOptions): LossProgram {
  const { shape, side, kl, hold, squares } = options;
  const latents = shape.latent_channels * (side / vaeFactor(shape)) ** 2;
  // the L1 is a mean over the picture's values, so the divergence's sum is divided by their number
  const klWeight = kl * latents / (3 * side * side) / 2;
  return {
    name: "pocket_vae",
    inputs: { pictures: "image", noise: "image" },
    run: <T>(
      ops: LossOps<T>,
      weights: Params<T>,
      batch: Values<T>,
    ): LossValues<T> => {
      const { mean, logvar, picture } = reconstruct(
        ops,
        weights,
        batch,
        options,
      );
      const truth = ops.tokens(batch.pictures!);
      const made = ops.tokens(picture);
      const error = ops.sub(made, truth);
      const l1 = ops.mean(ops.abs(error));
      const l2 = ops.mean(square(ops, error));
      const edges = ops.add(down(ops, error, side), across(ops, error, side));
      const spread = ops.sub(
        ops.add(square(ops, mean), ops.exp(logvar)),
        ops.add(logvar, number(ops, 1)),
      );
      const divergence = ops.scale(ops.mean(spread), klWeight);
      const held = squares.length === 0
        ? number(ops, 0)
        : offSize(ops, ops.tokens(square(ops, mean)), squares);
      const loss = addAll(ops, [
        l1,
        edges,
        divergence,
        ops.scale(held, hold),
        ...options.detail === 0 ? [] : [ops.scale(
          detailLoss(ops, { picture: made, truth }, side),
          options.detail,
        )],
      ]);
      return { loss, metrics: { l1, l2, held } };
    },
  };
}

/** How far each channel's mean square is from the one that it is held at, relative to it, squared. */
function offSize<T>(
  ops: LossOps<T>,
  x: T,
  squares: readonly number[],
): T {
  const channels = squares.length;
  const errors = squares.map((wanted, channel) => {
    const one = new Float32Array(channels);
    one[channel] = channels / wanted;
    const found = ops.mean(ops.mul(x, ops.constant([1, 1, channels], one)));
    return square(ops, ops.sub(found, number(ops, 1)));
  });
  return meanOf(ops, errors);
}

function reconstruct<T>(
  ops: LossOps<T>,
  weights: Params<T>,
  batch: Values<T>,
  { shape, side, latentNoise }: VaeLossOptions,
) {
  const factor = vaeFactor(shape);
  const { mean, logvar } = vaeEncode(ops, weights, batch.pictures!, shape, {
    height: side,
    width: side,
  });
  const variance = ops.add(ops.exp(logvar), number(ops, latentNoise ** 2));
  const noise = ops.mul(batch.noise!, ops.sqrt(variance));
  const size = { height: side / factor, width: side / factor };
  const latent = ops.add(mean, noise);
  const picture = vaeDecode(ops, weights, latent, shape, size);
  return { mean, logvar, picture };
}

/** Mean absolute difference of each pixel of `[N, side², C]` and the one below. */
function down<T>(ops: LossOps<T>, x: T, side: number): T {
  const length = side * (side - 1);
  const below = ops.sliceTokens(x, side, length);
  return ops.mean(ops.abs(ops.sub(below, ops.sliceTokens(x, 0, length))));
}

/** Mean absolute difference of each pixel of `[N, side², C]` and the one to its right. */
function across<T>(ops: LossOps<T>, x: T, side: number): T {
  const length = side * side - 1;
  const right = ops.sliceTokens(x, 1, length);
  const apart = ops.abs(ops.sub(right, ops.sliceTokens(x, 0, length)));
  // the last pixel of a row has none to its right
  const counts = length / (side * (side - 1));
  const mask = Float32Array.from(
    { length },
    (_, i) => i % side === side - 1 ? 0 : counts,
  );
  return ops.mean(ops.mul(apart, ops.constant([1, length, 1], mask)));
}
