import { textKeyValueProgram } from "../../../../lib/bases/sd/key_value_programs.ts";
import type { UnetConfig } from "../../../../lib/bases/sd/unet_config.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import { clipTextProgram } from "../../../../lib/encoders/clip_text.ts";
import type { WeightSource } from "../../../../lib/ops/executor.ts";
import { listAllWeights } from "../../../../lib/ops/list_weights.ts";
import { sizeOf } from "../../../../lib/core/tensor.ts";
import {
  type MemoryWeight,
  memoryWeights,
} from "../../../../lib/weights/weight_sources.ts";
import { writeSafetensors } from "../../../../lib/weights/safetensors/write_safetensors.ts";

/** Two levels, one of which attends. */
const unetConfig: UnetConfig = {
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [4, 8],
  down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
  layers_per_block: 2,
  attention_head_dim: 2,
  cross_attention_dim: 6,
  norm_num_groups: 2,
  norm_eps: 1e-5,
  sample_size: 8,
};

/** Weights of a UNet of the shape of Stable Diffusion's, all different. */
export function tinyUnet(): WeightSource {
  return counted(listAllWeights({
    unet: () => unetProgram(unetConfig, { size: { height: 8, width: 8 } }),
    text: () => textKeyValueProgram(unetConfig),
  }));
}

/** Weights of a text encoder of two layers. */
export function tinyText(): WeightSource {
  return counted(listAllWeights({
    text: () =>
      clipTextProgram({
        vocab_size: 9,
        hidden_size: 6,
        intermediate_size: 12,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        hidden_act: "gelu",
        layer_norm_eps: 1e-5,
        max_position_embeddings: 7,
      }),
  }));
}

/** Weights that count up, each tensor from another number on. */
function counted(shapes: Map<string, readonly number[]>): WeightSource {
  let next = 0;
  const weights = new Map<string, MemoryWeight>();
  for (const [name, shape] of shapes) {
    const from = next++;
    const data = new Float32Array(sizeOf(shape)).map((_, i) =>
      Math.sin(from + i)
    );
    weights.set(name, { shape, data });
  }
  return memoryWeights(weights);
}

/** Tensors of a file: shape and values, by name. */
export type Tensors = Record<string, [shape: number[], values: number[]]>;

/** Writes tensors as float32. */
export async function writeTensors(
  path: string,
  tensors: Tensors,
  metadata: Record<string, string> = {},
): Promise<string> {
  const entries = Object.entries(tensors).map(([name, [shape, values]]) =>
    [name, { shape, data: Float32Array.from(values) }] as const
  );
  await writeSafetensors(path, new Map(entries), {
    metadata,
    allowNonFinite: true,
  });
  return path;
}

/** So many values from −1 to 1, which depend on the seed. */
export function values(count: number, seed = 0): number[] {
  return Array.from(
    { length: count },
    (_, i) => Math.fround(Math.sin(1 + 7 * seed + 3 * i)),
  );
}
