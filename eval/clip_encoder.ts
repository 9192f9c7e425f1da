import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type ClipImageConfig,
  clipImageProgram,
} from "../lib/encoders/clip_image.ts";
import {
  type ClipTextConfig,
  clipTextProgram,
} from "../lib/encoders/clip_text.ts";
import {
  type ClipTokenizer,
  loadClipTokenizer,
} from "../lib/encoders/clip_tokenizer.ts";
import type { Executor, Runner, WeightSource } from "../lib/ops/executor.ts";
import { tensor } from "../lib/ops/tensor.ts";
import { openImageEncoder } from "../lib/pipeline/model_files.ts";
import { weightFiles } from "../lib/pipeline/provenance.ts";
import { floats } from "../lib/pipeline/tensors.ts";
import { embedPictures, rowOf } from "./embed_pictures.ts";
import type { PictureEncoder } from "./rulers.ts";
import { unit } from "./unit.ts";

/** What transformers takes for keys that a `CLIPModel`'s `vision_config` leaves out. */
const visionDefaults = {
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  image_size: 224,
  patch_size: 32,
  hidden_act: "quick_gelu",
  layer_norm_eps: 1e-5,
} as const;

/** Likewise of its `text_config`. */
const textDefaults = {
  hidden_size: 512,
  intermediate_size: 2048,
  num_hidden_layers: 12,
  num_attention_heads: 8,
  vocab_size: 49408,
  max_position_embeddings: 77,
  hidden_act: "quick_gelu",
  layer_norm_eps: 1e-5,
} as const;

/** `config.json` of a whole `CLIPModel`. */
interface ClipModelConfig {
  readonly projection_dim?: number;
  readonly vision_config?: Partial<ClipImageConfig>;
  readonly text_config?: Partial<ClipTextConfig>;
}

/**
 * CLIP in Hugging Face layout by which pictures are compared: a `CLIPVisionModelWithProjection`, or
 * a `CLIPModel`, which reads captions too. Pictures are stretched to the encoder's square and laid
 * on black.
 *
 * @throws {LocRefError} if a file is missing or broken.
 */
export async function loadClipEncoder(
  folder: string,
  executor: Executor,
): Promise<PictureEncoder> {
  const { config, weights } = await openImageEncoder(folder);
  const { vision_config: vision, text_config: text, projection_dim = 512 } =
    config as ClipModelConfig;
  const own = vision === undefined
    ? config
    : { ...visionDefaults, ...vision, projection_dim };
  const tower = await executor.compile(clipImageProgram(own), weights);
  const words = text !== undefined && existsSync(join(folder, "vocab.json"))
    ? await openTextTower({ ...textDefaults, ...text }, {
      folder,
      weights,
      executor,
      projection: projection_dim,
    })
    : undefined;
  return {
    files: weightFiles(weights),
    embed: (pictures) =>
      embedPictures(tower, pictures, {
        side: own.image_size,
        width: own.projection_dim,
      }),
    ...(words && { embedText: words.embed }),
    dispose: async () => {
      await tower.dispose();
      await words?.dispose();
    },
  };
}

interface TextTowerOptions {
  readonly folder: string;
  readonly weights: WeightSource;
  readonly executor: Executor;
  readonly projection: number;
}

async function openTextTower(
  config: ClipTextConfig,
  options: TextTowerOptions,
) {
  const { folder, weights, executor, projection } = options;
  const tokenizer = await loadClipTokenizer(folder);
  const matrix = await weights.read("text_projection.weight");
  const tower = await executor.compile(clipTextProgram(config), weights);
  return {
    embed: async (captions: readonly string[]) => {
      const vectors: Float32Array[] = [];
      for (const caption of captions) {
        const state = await endState(tower, config, { tokenizer, caption });
        vectors.push(unit(project(matrix, state, projection)));
      }
      return vectors;
    },
    dispose: () => tower.dispose(),
  };
}

/** The text tower's state at the end of the caption (Radford et al. 2021, 2.4). */
async function endState(
  tower: Runner,
  config: ClipTextConfig,
  { tokenizer, caption }: { tokenizer: ClipTokenizer; caption: string },
): Promise<Float32Array> {
  const { ids } = tokenizer.encode(caption);
  const input = tensor([1, ids.length], ids);
  const { hidden } = await tower.run({ ids: input });
  // padding is the end token too, so the first one counts
  const end = ids.indexOf(tokenizer.end, 1);
  return rowOf(floats(hidden!), end, config.hidden_size);
}

/** `matrix` `[out, in]` times a vector. */
function project(
  matrix: Float32Array,
  vector: Float32Array,
  out: number,
): Float32Array {
  return Float32Array.from({ length: out }, (_, row) => {
    const from = row * vector.length;
    return vector.reduce((sum, x, i) => sum + x * matrix[from + i]!, 0);
  });
}
