/** A ControlNet of Stable Diffusion 1.5's size, with random weights. */

import {
  type ControlnetPrograms,
  controlnetPrograms,
} from "../lib/adapters/controlnet/controlnet.ts";
import type { ControlnetConfig } from "../lib/adapters/controlnet/controlnet_config.ts";
import { stableDiffusion15 } from "../lib/bases/sd/stable_diffusion_15.ts";
import { listAllWeights } from "../lib/ops/list_weights.ts";
import { prepareUnet } from "./large_models.ts";
import { writeRandomShapes } from "./random_weights.ts";

const config: ControlnetConfig = {
  ...stableDiffusion15,
  up_block_types: [],
  conditioning_channels: 3,
  conditioning_embedding_out_channels: [16, 32, 96, 256],
  controlnet_conditioning_channel_order: "rgb",
  global_pool_conditions: false,
};

/** Its programs for latents of 64 × 64. */
export const largeControlnet: ControlnetPrograms = controlnetPrograms(
  config,
  { height: 64, width: 64 },
);

/** Where its random weights lie, 1.4 GB. */
export const controlWeights = ".cache/bench/controlnet.safetensors";

/** Writes the random weights of the UNet and of the ControlNet, once. */
export async function prepareControl(): Promise<void> {
  await prepareUnet();
  const shapes = listAllWeights({ ...largeControlnet });
  await writeRandomShapes(controlWeights, shapes);
}
