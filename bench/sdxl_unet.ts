import { textKeyValueProgram } from "../lib/bases/sd/key_value_programs.ts";
import type { UnetConfig } from "../lib/bases/sd/unet_config.ts";
import { unetProgram } from "../lib/bases/sd/unet_program.ts";
import { stableDiffusionXlBase } from "../lib/bases/sdxl/known_models.ts";
import type { Program } from "../lib/ops/executor.ts";
import { writeRandomWeights } from "./random_weights.ts";

/** The UNet of Stable Diffusion XL, or a narrow one of its form as a proof that all of it runs. */
export function sdxlConfig(tiny: boolean): UnetConfig {
  return tiny
    ? {
      ...stableDiffusionXlBase,
      block_out_channels: [32, 64, 128],
      attention_head_dim: [1, 2, 4],
      transformer_layers_per_block: [1, 1, 1],
    }
    : stableDiffusionXlBase;
}

/** One step on square latents of `side` cells. */
export function sdxlStep(tiny: boolean, side: number): Program {
  const size = { height: side, width: side };
  return unetProgram(sdxlConfig(tiny), { size });
}

/** Where the random weights lie: 10.3 GB in float32, half of it in half precision. */
export function sdxlWeights(tiny: boolean, half = false): string {
  const form = `${tiny ? "-tiny" : ""}${half ? "-half" : ""}`;
  return `.cache/bench/unet-sdxl${form}.safetensors`;
}

/** Writes the random weights, once. */
export async function prepareSdxl(tiny: boolean, half = false): Promise<void> {
  const config = sdxlConfig(tiny);
  await writeRandomWeights(
    sdxlWeights(tiny, half),
    [sdxlStep(tiny, 64), textKeyValueProgram(config)],
    half ? "F16" : undefined,
  );
}
