/** Files that ComfyUI's users have on their disks, small. */

import { join } from "@std/path";
import { writeSafetensors } from "../../lib/weights/safetensors/write_safetensors.ts";
import {
  checkpointXl,
  loraShapes,
} from "../lib/pipeline/load/public_stand_ins.ts";
import { rawSafetensors } from "../lib/weights/raw_safetensors.ts";
import {
  originalVae,
  tinyParts,
  type Weights,
  writeSingleFile,
} from "../lib/weights/single_file/tiny_checkpoint.ts";
import {
  tinyXlUnet,
  writeXlFile,
} from "../lib/weights/single_file/tiny_xl_checkpoint.ts";

/** A file's bytes, written in a folder. */
async function fileOf(
  dir: string,
  write: (path: string) => Promise<unknown>,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(dir, "written.safetensors");
  await write(path);
  return await Deno.readFile(path);
}

/** A LoRA under kohya's names, for the attention of the tiny Stable Diffusion XL. */
function xlLora(rank: number): Weights {
  const layer = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q";
  const values = (count: number) =>
    new Float32Array(count).map((_, i) => 2 * Math.sin(i + rank));
  return new Map([
    [`${layer}.lora_down.weight`, {
      shape: [rank, 64],
      data: values(rank * 64),
    }],
    [`${layer}.lora_up.weight`, { shape: [64, rank], data: values(64 * rank) }],
    [`${layer}.alpha`, { shape: [1], data: Float32Array.of(rank) }],
  ]);
}

/** An inpainting checkpoint: its first convolution reads nine channels. */
function inpaintingParts() {
  const parts = tinyParts();
  const first = parts.unet.get("conv_in.weight")!;
  const [out] = first.shape as [number];
  parts.unet.set("conv_in.weight", {
    shape: [out, 9, 3, 3],
    data: new Float32Array(out * 81).map((_, i) => 0.1 * Math.cos(i)),
  });
  return parts;
}

/** A VAE alone, under original names without a prefix. */
function vaeFile(): Weights {
  return new Map(
    [...tinyParts().vae].map(([name, { shape, data }]) => {
      const original = originalVae(name);
      return /attn_1\.(q|k|v|proj_out)\.weight$/.test(original)
        ? [original, { shape: [...shape, 1, 1], data }]
        : [original, { shape, data }];
    }),
  );
}

/** Files that ComfyUI's users have, small, under their public names. */
export async function comfyFiles(dir: string) {
  const written = (weights: Weights) =>
    fileOf(dir, (path) => writeSafetensors(path, weights));
  return {
    "RunDiffusion/Juggernaut-XL": {
      "juggernautXL.safetensors": await fileOf(dir, writeXlFile),
      "juggernautXL_fp8.safetensors": rawSafetensors(checkpointXl(), {
        dtype: "F8_E4M3",
      }),
    },
    "ByteDance/SDXL-Lightning": {
      "sdxl_lightning_4step_lora.safetensors": await written(xlLora(4)),
      "sdxl_lightning_4step_unet.safetensors": await written(tinyXlUnet()),
    },
    "me/loras": {
      "style.safetensors": await written(xlLora(2)),
      "detail.safetensors": await written(xlLora(3)),
      "sd15.safetensors": rawSafetensors(loraShapes(768)),
    },
    "stabilityai/sdxl-vae": {
      "sdxl_vae.safetensors": await written(vaeFile()),
    },
    "stabilityai/stable-diffusion-xl-refiner-1.0": {
      "sd_xl_refiner_1.0.safetensors": rawSafetensors(checkpointXl(1280)),
    },
    "stable-diffusion-v1-5/stable-diffusion-inpainting": {
      "sd-v1-5-inpainting.safetensors": await fileOf(
        dir,
        (path) => writeSingleFile(path, inpaintingParts()),
      ),
    },
    "black-forest-labs/FLUX.1-dev": {
      "flux1-dev.safetensors": rawSafetensors({
        "double_blocks.0.img_attn.qkv.weight": [1, 1],
      }),
    },
    "stabilityai/stable-diffusion-3-medium": {
      "sd3_medium.safetensors": rawSafetensors({
        "model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight": [1, 1],
      }),
    },
  };
}
