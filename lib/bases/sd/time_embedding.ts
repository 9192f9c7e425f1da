import { linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { concatWidth, sliceBatch } from "../../core/tensor_rows.ts";
import { timeWidth, type UnetConfig } from "./unet_config.ts";

/**
 * Sinusoids of the timesteps (Vaswani et al. 2017, 3.5, with period up to 10,000), computed on
 * the host since they depend on nothing else.
 *
 * @returns `[timesteps, block_out_channels[0]]`.
 */
export function timeSinusoids(
  timesteps: readonly number[],
  config: UnetConfig,
): Tensor {
  return sinusoids(timesteps, config.block_out_channels[0]!, config);
}

/** Which half of the sinusoids comes first, and the last period, under the names of the config. */
export type SinusoidForm = Pick<UnetConfig, "flip_sin_to_cos" | "freq_shift">;

/** Sinusoids of numbers, `[numbers, width]`: cosines first, unless the form says otherwise. */
export function sinusoids(
  numbers: readonly number[],
  width: number,
  { flip_sin_to_cos = true, freq_shift = 0 }: SinusoidForm = {},
): Tensor {
  const half = width / 2;
  const data = new Float32Array(numbers.length * width);
  for (const [n, number] of numbers.entries()) {
    for (let i = 0; i < half; i++) {
      const exponent = -Math.log(10000) * i / (half - freq_shift);
      const angle = Math.fround(number * Math.fround(Math.exp(exponent)));
      const [first, second] = flip_sin_to_cos
        ? [Math.cos(angle), Math.sin(angle)]
        : [Math.sin(angle), Math.cos(angle)];
      data[n * width + i] = first;
      data[n * width + half + i] = second;
    }
  }
  return tensor([numbers.length, width], data);
}

/**
 * The input `added` of SDXL's UNet (Podell et al. 2023, 2.2): pooled text, then the sinusoids of
 * each number.
 *
 * @param pooled `[N, width]`.
 * @param ids `[N, 6]`: height and width of the original, top and left of the crop, height and width
 * of the target.
 */
export function addedInput(
  pooled: Tensor,
  ids: Tensor,
  config: UnetConfig,
): Tensor {
  const [rows, numbers] = ids.shape as [number, number];
  const width = config.addition_time_embed_dim!;
  const waves = Array.from({ length: rows }, (_, row) => {
    const own = Array.from(sliceBatch(ids, row, row + 1).data);
    return sinusoids(own, width, config).data;
  });
  const sizes = tensor(
    [rows, numbers * width],
    new Float32Array(rows * numbers * width),
  );
  for (const [row, values] of waves.entries()) {
    sizes.data.set(values, row * numbers * width);
  }
  return concatWidth([pooled, sizes]);
}

/**
 * The input `guidance` of a UNet that was distilled with it (Luo et al. 2023, "Latent Consistency
 * Models"): sinusoids of 1000 · (w − 1), sines first.
 *
 * The angles go up to thousands, so each step is rounded as in the training of such models: a
 * ten-thousandth of a turn shows.
 *
 * @param width `time_cond_proj_dim` of the UNet.
 * @returns `[rows, width]`, equal rows.
 */
export function guidanceInput(
  guidance: number,
  { width, rows }: { width: number; rows: number },
): Tensor {
  const half = Math.floor(width / 2);
  const number = Math.fround(Math.fround(guidance - 1) * 1000);
  const slope = Math.fround(Math.fround(Math.log(10000)) / (half - 1));
  const data = new Float32Array(rows * width);
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(Math.exp(Math.fround(i * -slope)));
    const angle = Math.fround(number * frequency);
    for (let row = 0; row < rows; row++) {
      data[row * width + i] = Math.sin(angle);
      data[row * width + half + i] = Math.cos(angle);
    }
  }
  return tensor([rows, width], data);
}

/** Inputs of a {@linkcode timeEmbedding}. */
export interface TimeConditioning<T> {
  /** Sinusoids of the timesteps, `[N, block_out_channels[0]]`. */
  readonly time: T;
  /** Sinusoids of the guidance, `[N, time_cond_proj_dim]`, where the UNet was distilled with it (LCM). */
  readonly guidance?: T;
  /** Pooled text and sinusoids of sizes, `[N, projection_class_embeddings_input_dim]` (SDXL). */
  readonly added?: T;
}

/** The time, with all that is added to it, through its linear layers: `[N, 4 · width]`. */
export function timeEmbedding<T>(
  ops: Ops<T>,
  p: Params<T>,
  { time, guidance, added }: TimeConditioning<T>,
  config: UnetConfig,
): T {
  const width = config.block_out_channels[0]!;
  const own = p.at("time_embedding");
  const {
    time_cond_proj_dim: guided,
    projection_class_embeddings_input_dim: more,
  } = config;
  if (guided) {
    const weight = own.at("cond_proj").get("weight", [width, guided]);
    time = ops.add(time, ops.linear(guidance!, weight));
  }
  const embedding = twoLayers(ops, own, time, { in: width, config });
  if (!more) return embedding;
  const addition = p.at("add_embedding");
  const shape = { in: more, config };
  return ops.add(embedding, twoLayers(ops, addition, added!, shape));
}

function twoLayers<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: { in: number; config: UnetConfig },
): T {
  const out = timeWidth(shape.config);
  const first = linear(ops, p.at("linear_1"), x, { in: shape.in, out });
  return linear(ops, p.at("linear_2"), ops.silu(first), { in: out, out });
}
