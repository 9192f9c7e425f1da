import type { Base } from "../bases/base.ts";
import { filesOf } from "../bases/part_files.ts";
import { checkFinite } from "../core/finite.ts";
import type { Size } from "../core/geometry.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { floats } from "../core/tensor_rows.ts";
import { taesdLatents } from "../encoders/taesd/taesd_decoder.ts";
import { codeInTiles } from "../encoders/vae_tiles.ts";
import { type Raster, rasterFromPlanes } from "../images/raster.ts";
import type { LoadedModel } from "./load/loaded_model.ts";
import type { DecodeOptions } from "./options/decode_options.ts";
import type { RunnerUse } from "./programs/runner_use.ts";

/** A whole picture that takes more memory than this is decoded in tiles, in bytes. */
const mostMemory = 8 * 2 ** 30;

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
  options: Pick<DecodeOptions, "decoder" | "tiles"> = {},
): Promise<Raster> {
  const { base, taesd } = model.parts;
  const files = filesOf(base, "unet");
  checkFinite(latents, { stage: "sampler (its clean latents)", files });
  await using runners = model.runners.open();
  if (options.decoder === "taesd") {
    const decoder = await runners.taesdDecoder(size);
    const { picture } = await decoder.run({ latent: taesdLatents(latents) });
    const place = { stage: "tiny VAE's decoder", files: taesd!.folder };
    return toRaster(picture!, place, (value) => value);
  }
  const { tiles = (base.decodingMemory?.(size) ?? 0) > mostMemory } = options;
  const { scale, shift } = base.latent;
  const latent = tensor(
    latents.shape,
    floats(latents).map((value) => value / scale + shift),
  );
  const picture = tiles
    ? await decodeTiles(base, runners, latent)
    : await decodeWhole(runners, latent);
  const place = { stage: "VAE's decoder", files: filesOf(base, "vae_decoder") };
  return toRaster(picture, place, (value) => value / 2 + 0.5);
}

async function decodeWhole(
  runners: RunnerUse,
  latent: Tensor,
): Promise<Tensor> {
  const [, , height, width] = latent.shape as [number, number, number, number];
  const decoder = await runners.vaeDecoder({ height, width });
  return (await decoder.run({ latent })).picture!;
}

/** Decodes in tiles of the size that the model was trained on. */
async function decodeTiles(
  { latent: { factor }, nativeSize }: Base,
  runners: RunnerUse,
  latent: Tensor,
): Promise<Tensor> {
  const native = nativeSize.height / factor;
  // a quarter of a tile must be whole cells
  const from = Math.max(4, native - native % 4);
  return await codeInTiles(
    latent,
    { from, to: from * factor },
    (tile) => decodeWhole(runners, tile),
  );
}

function toRaster(
  picture: Tensor,
  place: { stage: string; files: string },
  unit: (value: number) => number,
): Raster {
  checkFinite(picture, place);
  const [, , height, width] = picture.shape;
  return rasterFromPlanes(floats(picture).map(unit), width!, height!);
}
