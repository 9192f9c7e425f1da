import type { Executor } from "../../../lib/ops/executor.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { encodeLatents, openVae } from "./frozen_vae.ts";

/** Latents of pictures as tokens are to foretell them. */
export interface LatentTargets {
  /** Values of a token's patch. */
  readonly values: number;
  /** Latents of pictures by patches, each channel over its deviation, `[N, patches, values]`. */
  readonly of: (pictures: readonly Float32Array[]) => Promise<Tensor>;
  readonly dispose: () => Promise<void>;
}

/**
 * Opens the VAE of a folder for targets of an image encoder. Without the division a few channels,
 * which carry most, would decide alone about what tokens learn.
 *
 * @param options.across patches along each side of a picture.
 * @param options.pictures pictures that deviations are measured on.
 */
export async function openLatentTargets(
  executor: Executor,
  folder: string,
  { across, pictures }: {
    readonly across: number;
    readonly pictures: readonly Float32Array[];
  },
): Promise<LatentTargets> {
  const vae = await openVae(executor, folder);
  const size = { height: vae.side, width: vae.side };
  const encode = (of: readonly Float32Array[]) => encodeLatents(vae, of, size);
  const measured = await encode(pictures);
  const deviations = deviationsOf(measured);
  const [, channels, side] = measured.shape as [number, number, number];
  return {
    values: channels * (side / across) ** 2,
    of: async (pictures) =>
      byPatches(await encode(pictures), { across, deviations }),
    dispose: () => vae.dispose(),
  };
}

/** Root of each channel's variance. */
function deviationsOf({ shape, data }: Tensor): number[] {
  const [count, channels, height, width] = shape as [
    number,
    number,
    number,
    number,
  ];
  const cells = height * width;
  return Array.from({ length: channels }, (_, c) => {
    let sum = 0, squares = 0;
    for (let n = 0; n < count; n++) {
      const start = (n * channels + c) * cells;
      for (let i = start; i < start + cells; i++) {
        sum += data[i]!;
        squares += data[i]! ** 2;
      }
    }
    const all = count * cells;
    return Math.sqrt(squares / all - (sum / all) ** 2) || 1;
  });
}

/** `[N, channels, side, side]` as `[N, patches, channels · cells of a patch]`, row by row of patches. */
export function byPatches(
  latents: Tensor,
  { across, deviations }: {
    readonly across: number;
    readonly deviations: readonly number[];
  },
): Tensor {
  const [count, channels, side] = latents.shape as [number, number, number];
  const within = side / across, data = floats(latents);
  const values = new Float32Array(data.length);
  let at = 0;
  for (let n = 0; n < count; n++) {
    for (let patch = 0; patch < across ** 2; patch++) {
      const top = Math.floor(patch / across) * within;
      const left = patch % across * within;
      for (let y = top; y < top + within; y++) {
        for (let x = left; x < left + within; x++) {
          for (let c = 0; c < channels; c++) {
            const from = ((n * channels + c) * side + y) * side + x;
            values[at++] = data[from]! / deviations[c]!;
          }
        }
      }
    }
  }
  return tensor([count, across ** 2, channels * within ** 2], values);
}
