import { pixelValues } from "../../images/pixel_values.ts";
import type { Raster } from "../../images/raster.ts";
import type { Runner } from "../../ops/executor.ts";
import { tensor } from "../../core/tensor.ts";
import { floats } from "../../core/tensor_rows.ts";
import { unit } from "./unit.ts";

/** Inputs and outputs of an encoder. */
export interface EmbedOptions {
  /** Side of its square input, in pixels. */
  readonly side: number;
  /** Width of its vectors. */
  readonly width: number;
  /** Mean of each channel, which is subtracted. @default {CLIP's} */
  readonly mean?: readonly number[];
  /** Deviation of each channel, which divides it. @default {CLIP's} */
  readonly std?: readonly number[];
}

/** Most pictures that go through an encoder at once. */
const batchSize = 16;

/** Unit vectors of pictures, stretched to the encoder's square: a program's `embeds` of `pixels`. */
export async function embedPictures(
  tower: Runner,
  pictures: readonly Raster[],
  { side, width, mean, std }: EmbedOptions,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let from = 0; from < pictures.length; from += batchSize) {
    const some = pictures.slice(from, from + batchSize);
    const cells = 3 * side * side;
    const pixels = new Float32Array(some.length * cells);
    for (const [n, picture] of some.entries()) {
      const size = { height: side, width: side };
      pixels.set(await pixelValues(picture, size, { mean, std }), n * cells);
    }
    const input = tensor([some.length, 3, side, side], pixels);
    const { embeds } = await tower.run({ pixels: input });
    vectors.push(...some.map((_, n) => unit(rowOf(floats(embeds!), n, width))));
  }
  return vectors;
}

/** A copy of row `n` of `[rows, width]`. */
export function rowOf(
  data: Float32Array,
  n: number,
  width: number,
): Float32Array {
  return data.slice(n * width, (n + 1) * width);
}
