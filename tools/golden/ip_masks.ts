import type { Values } from "../../lib/ops/executor.ts";
import { type Tensor, tensor, zeros } from "../../lib/core/tensor.ts";
import type { UnetConfig } from "../../lib/bases/sd/unet_config.ts";
import { attentionSizes } from "../../lib/bases/sd/cross_attention_layers.ts";
import { sizeKey } from "../../lib/core/size_key.ts";

/** `T + Σ s·M ⊙ A` as masks of Eq. (1): text everywhere, no composite image, no division. */
export function ipMasks(
  config: UnetConfig,
  goldens: Record<string, Tensor>,
  size: { height: number; width: number },
): Values<Tensor> {
  const masks = goldens.masks!;
  const instances = masks.shape[1]!;
  const inputs: Record<string, Tensor> = {};
  for (const at of attentionSizes(config, size)) {
    const queries = at.height * at.width;
    const ri = new Float32Array(instances * queries);
    for (let i = 0; i < instances; i++) {
      const scale = goldens.scales?.data[i] ?? 1;
      const mask = sampleBicubic(masks, i, at);
      ri.set(mask.map((value) => scale * value), i * queries);
    }
    const key = sizeKey(at);
    inputs[`text_mask.${key}`] = tensor(
      [1, queries, 1],
      new Float32Array(queries).fill(1),
    );
    inputs[`ci_mask.${key}`] = zeros([1, queries, 1]);
    inputs[`ri_mask.${key}`] = tensor([1, instances, queries], ri);
  }
  return inputs;
}

/** Mask `index` of `[1, masks, H, W]` as diffusers shrinks it: bicubic at cell centres, unsmoothed. */
function sampleBicubic(
  masks: Tensor,
  index: number,
  size: { height: number; width: number },
): Float32Array {
  const [, , height, width] = masks.shape as [number, number, number, number];
  const plane = masks.data.subarray(
    index * height * width,
    (index + 1) * height * width,
  );
  const rows = cubicTaps(height, size.height),
    columns = cubicTaps(width, size.width);
  const out = new Float32Array(size.height * size.width);
  rows.forEach((row, y) =>
    columns.forEach((column, x) => {
      let sum = 0;
      for (const [i, a] of row) {
        for (const [j, b] of column) sum += a * b * plane[i * width + j]!;
      }
      out[y * size.width + x] = sum;
    })
  );
  return out;
}

/** Positions and weights of Keys' cubic convolution with a = −0.75, borders repeated. */
function cubicTaps(from: number, to: number): [number, number][][] {
  const a = -0.75;
  const kernel = (t: number) => {
    const d = Math.abs(t);
    if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
    return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
  };
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * from / to - 0.5;
    const first = Math.floor(centre) - 1;
    return [0, 1, 2, 3].map((k): [number, number] => [
      Math.min(from - 1, Math.max(0, first + k)),
      kernel(centre - first - k),
    ]);
  });
}
