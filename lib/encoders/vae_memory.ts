import type { Size } from "../core/geometry.ts";
import { type VaeConfig, vaeFactor } from "./vae_config.ts";

/** Tensors of the decoder's last level that are alive at once. */
const aliveTensors = 3;

/**
 * Memory that decoding takes at its peak, in bytes: some tensors of the last level, or the scores of
 * attention over all latent cells, whichever is more.
 *
 * @param size of the latents, in cells.
 */
export function decodingMemory(config: VaeConfig, size: Size): number {
  const cells = size.height * size.width;
  const pixels = cells * vaeFactor(config) ** 2;
  const [finest, next = finest] = config.block_out_channels;
  const last = aliveTensors * pixels * Math.max(finest!, next!) * 4;
  const attends = config.mid_block_add_attention ?? true;
  return Math.max(last, attends ? cells ** 2 * 4 : 0);
}
