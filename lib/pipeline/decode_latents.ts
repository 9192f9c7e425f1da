import type { Base } from "../bases/base.ts";
import { filesOf } from "../bases/part_files.ts";
import { checkFinite } from "../core/finite.ts";
import type { Size } from "../core/geometry.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { floats } from "../core/tensor_rows.ts";
import { taesdLatents } from "../encoders/taesd/taesd_decoder.ts";
import { codeInTiles, type TileShape } from "../encoders/vae_tiles.ts";
import { type Raster, rasterFromPlanes } from "../images/raster.ts";
import type { LoadedModel } from "./load/loaded_model.ts";
import type { DecodeOptions } from "./options/decode_options.ts";
import type { RunnerUse } from "./programs/runner_use.ts";

/** A whole picture that takes more memory than this is decoded in tiles, in bytes. */
const mostMemory = 8 * 2 ** 30;

/** Memory that decoding takes at its peak, in bytes: that of a tile, where there are tiles. */
export function decodingBytes(
  base: Pick<Base, "decodingMemory" | "latent" | "nativeSize">,
  size: Size,
  { decoder, tiles }: Pick<DecodeOptions, "decoder" | "tiles">,
): number {
  if (decoder === "taesd") return 0;
  if (!isTiled(base, size, tiles)) return base.decodingMemory?.(size) ?? 0;
  const { from } = tileOf(base);
  const height = Math.min(from, size.height);
  const width = Math.min(from, size.width);
  return base.decodingMemory?.({ height, width }) ?? 0;
}

/** Whether a picture is decoded in tiles; where nobody says, it is one that takes much memory. */
function isTiled(
  { decodingMemory }: Pick<Base, "decodingMemory">,
  size: Size,
  tiles = (decodingMemory?.(size) ?? 0) > mostMemory,
): boolean {
  return tiles;
}

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
  const { scale, shift } = base.latent;
  const latent = tensor(
    latents.shape,
    floats(latents).map((value) => value / scale + shift),
  );
  const picture = isTiled(base, size, options.tiles)
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
  base: Base,
  runners: RunnerUse,
  latent: Tensor,
): Promise<Tensor> {
  return await codeInTiles(
    latent,
    tileOf(base),
    (tile) => decodeWhole(runners, tile),
  );
}

/** A tile of the size that the model was trained on. */
function tileOf(
  { latent: { factor }, nativeSize }: Pick<Base, "latent" | "nativeSize">,
): TileShape {
  const native = nativeSize.height / factor;
  // a quarter of a tile must be whole cells
  const from = Math.max(4, native - native % 4);
  return { from, to: from * factor };
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
