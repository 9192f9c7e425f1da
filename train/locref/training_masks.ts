import { boxCoverage } from "../../lib/masks/coverage.ts";
import { foregroundMask } from "../../lib/masks/foreground.ts";
import type { Values } from "../../lib/ops/executor.ts";
import type { FractionBox, Size } from "../../lib/core/geometry.ts";
import { type Tensor, tensor } from "../../lib/core/tensor.ts";
import {
  defaultFusionSettings,
  type FusionSettings,
} from "../../lib/adapters/locref/fusion_settings.ts";
import { maskInputs } from "../../lib/adapters/locref/mask_inputs.ts";
import { concatBatch } from "../../lib/core/tensor_rows.ts";
import { sizeKey } from "../../lib/core/size_key.ts";

/** The layout of one training sample. */
export interface SampleLayout {
  readonly boxes: readonly FractionBox[];
  /** sᵢ of each instance. @default {all 1} */
  readonly scales?: readonly number[];
  /** Switches and strengths of Eq. (1). @default {those of the design} */
  readonly settings?: Partial<FusionSettings>;
}

/**
 * Masks of Eq. (1) for a batch of layouts at the given sizes, under the names that a UNet program
 * gives them: `text_mask.HxW` and `ci_mask.HxW` `[N, Q, 1]`, `ri_mask.HxW` `[N, instances, Q]`.
 *
 * @param instances number of instances that every sample is filled up to with masks of zeros; at
 * least one.
 */
export function trainingMasks(
  layouts: readonly SampleLayout[],
  sizes: readonly Size[],
  instances: number,
): Values<Tensor> {
  const samples = layouts.map((layout) => masksOf(layout, sizes, instances));
  const names = Object.keys(samples[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, concatBatch(samples.map((one) => one[name]!))]),
  );
}

function masksOf(
  { boxes, scales = boxes.map(() => 1), settings }: SampleLayout,
  sizes: readonly Size[],
  instances: number,
): Values<Tensor> {
  const filled = <V>(values: readonly V[], filling: V): V[] =>
    Array.from({ length: instances }, (_, i) => values[i] ?? filling);
  const coverages = new Map(sizes.map((size) => {
    const empty = new Float32Array(size.height * size.width);
    const covered = boxes.map((box) => boxCoverage(box, size));
    return [sizeKey(size), filled(covered, empty)] as const;
  }));
  const depths = Array.from({ length: instances }, () => 0);
  return maskInputs(
    sizes,
    { coverages, scales: filled(scales, 0), depths, captioned: [] },
    { ...defaultFusionSettings, ...settings },
  );
}

/** Weights of Eq. (2). */
export interface LossWeights {
  /** Inside the boxes. @default {2.3} */
  readonly foreground?: number;
  /** Outside. @default {0.3} */
  readonly background?: number;
}

/** `2.3·FM + 0.3·BM` of Eq. (2) at latent size, as an image `[N, 1, height, width]`. */
export function lossMap(
  layouts: readonly Pick<SampleLayout, "boxes">[],
  size: Size,
  weights: LossWeights = {},
): Tensor {
  const { foreground = 2.3, background = 0.3 } = weights;
  const { height, width } = size;
  const cells = height * width;
  const data = new Float32Array(layouts.length * cells);
  for (const [n, { boxes }] of layouts.entries()) {
    const covered = boxes.map((box) => boxCoverage(box, size));
    const inside = foregroundMask(covered, cells);
    data.set(
      inside.map((fm) => foreground * fm + background * (1 - fm)),
      n * cells,
    );
  }
  return tensor([layouts.length, 1, height, width], data);
}
