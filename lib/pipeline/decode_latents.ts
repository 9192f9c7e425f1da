import { filesOf } from "../bases/part_files.ts";
import { checkFinite } from "../core/finite.ts";
import type { Size } from "../core/geometry.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { floats } from "../core/tensor_rows.ts";
import { type Raster, rasterFromPlanes } from "../images/raster.ts";
import type { LoadedModel } from "./load/loaded_model.ts";

/**
 * The picture of clean latents.
 *
 * @param size size of the latents, in cells.
 * @throws {LocRefError} `not-finite` if the latents or the picture are.
 */
export async function decodeLatents(
  model: LoadedModel,
  latents: Tensor,
  size: Size,
): Promise<Raster> {
  const { base } = model.parts;
  const { scale, shift } = base.latent;
  const files = filesOf(base, "unet");
  checkFinite(latents, { stage: "sampler (its clean latents)", files });
  await using runners = model.runners.open();
  const decoder = await runners.vaeDecoder(size);
  const latent = tensor(
    latents.shape,
    floats(latents).map((value) => value / scale + shift),
  );
  const { picture } = await decoder.run({ latent });
  checkFinite(picture!, {
    stage: "VAE's decoder",
    files: filesOf(base, "vae_decoder"),
  });
  const [, , height, width] = picture!.shape;
  const planes = floats(picture!).map((value) => value / 2 + 0.5);
  return rasterFromPlanes(planes, width!, height!);
}
