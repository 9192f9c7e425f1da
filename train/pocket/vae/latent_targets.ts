import type { Executor } from "../../../lib/ops/executor.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { channelDeviations } from "./channels.ts";
import { encodeLatents, openVae } from "./frozen_vae.ts";
import { byPatches } from "./patches.ts";

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
  const deviations = channelDeviations(measured);
  const [, channels, side] = measured.shape as [number, number, number];
  return {
    values: channels * (side / across) ** 2,
    of: async (pictures) =>
      latentPatches(await encode(pictures), { across, deviations }),
    dispose: () => vae.dispose(),
  };
}

/** `[N, channels, side, side]` by patches, each channel over its deviation; one of nothing stays. */
export function latentPatches(
  latents: Tensor,
  { across, deviations }: {
    readonly across: number;
    readonly deviations: readonly number[];
  },
): Tensor {
  const { shape, data } = byPatches(latents, across);
  const values = Float32Array.from(
    data,
    (value, i) => value / (deviations[i % deviations.length]! || 1),
  );
  return tensor(shape, values);
}
