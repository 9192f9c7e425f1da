import { existsSync } from "node:fs";
import { join } from "node:path";
import { clipImageProgram } from "../../encoders/clip_image.ts";
import {
  type ClipTextConfig,
  clipTextProgram,
} from "../../encoders/clip_text.ts";
import {
  type ClipTokenizer,
  loadClipTokenizer,
} from "../../encoders/clip_tokenizer.ts";
import type { Executor, Runner, WeightSource } from "../../ops/executor.ts";
import { tensor } from "../../core/tensor.ts";
import { openPart } from "../../weights/open_part.ts";
import { weightFiles } from "../../pipeline/provenance/provenance.ts";
import { floats } from "../../core/tensor_rows.ts";
import {
  isWholeClip,
  parseClipImageConfig,
  parseClipTextConfig,
} from "../../weights/configs/clip_config.ts";
import type { ConfigPlace } from "../../weights/configs/parse_config.ts";
import { embedPictures, rowOf } from "./embed_pictures.ts";
import type { PictureEncoder } from "../../pipeline/options/rulers.ts";
import { unit } from "./unit.ts";

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
  const { config, weights } = await openPart(folder, parseTowers);
  const { image: own, text } = config;
  const tower = await executor.compile(clipImageProgram(own), weights, {
    inputsComeAgain: false,
  });
  const words = text !== undefined && hasTokenizer(folder)
    ? await openTextTower(text, {
      folder,
      weights,
      executor,
      projection: own.projection_dim,
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

/** The settings of a vision tower alone, or of both. */
function parseTowers(value: unknown, place: ConfigPlace) {
  const image = parseClipImageConfig(value, place);
  const text = isWholeClip(value)
    ? parseClipTextConfig(value, place)
    : undefined;
  return {
    config: { image: image.config, text: text?.config },
    warnings: [...image.warnings, ...text?.warnings ?? []],
  };
}

function hasTokenizer(folder: string): boolean {
  return ["vocab.json", "tokenizer.json"].some((name) =>
    existsSync(join(folder, name))
  );
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
  const tokenizer = await loadClipTokenizer(folder, {
    positions: config.max_position_embeddings,
    vocabulary: config.vocab_size,
  });
  const matrix = await weights.read("text_projection.weight");
  const tower = await executor.compile(clipTextProgram(config), weights, {
    inputsComeAgain: false,
  });
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
