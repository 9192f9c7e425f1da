import { join } from "node:path";
import type { Executor, Runner, Values } from "../ops/executor.ts";
import { listWeights } from "../ops/list_weights.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { checkWeights } from "../weights/safetensors/check_weights.ts";
import { parseBlipConfig } from "../weights/configs/blip_config.ts";
import { readConfigFile } from "../weights/configs/read_config_file.ts";
import { openSafetensors } from "../weights/safetensors/safetensors.ts";
import { beamSearch } from "./beam_search.ts";
import type { BlipConfig } from "./blip_config.ts";
import { blipCrossProgram, blipTextProgram } from "./blip_text.ts";
import { blipVisionProgram } from "./blip_vision.ts";
import { loadWordPiece, type WordPiece } from "./word_piece.ts";

/** Options of {@linkcode Blip.generate}. */
export interface BlipGenerateOptions {
  /** Words that the caption begins with. @default {""} */
  prompt?: string;
  /** Number of beams; 1 is greedy. @default {1} */
  beams?: number;
  /** Most tokens that are added to the prompt. @default {20} */
  maxNewTokens?: number;
}

/** The captioner of Li et al. 2022: pictures in, sentences out. */
export interface Blip {
  readonly config: BlipConfig;
  readonly tokenizer: WordPiece;
  /** Features `[N, patches, width]` of normalised pictures `[N, 3, image_size, image_size]`. */
  features(pixels: Tensor): Promise<Tensor>;
  /** Logits `[N, tokens, vocab_size]` of the token after each of `ids` `[N, tokens]`. */
  logits(ids: Tensor, features: Tensor): Promise<Tensor>;
  /** Token ids of a caption of one picture, whose features are `[1, patches, width]`. */
  generate(features: Tensor, options?: BlipGenerateOptions): Promise<number[]>;
  /** Frees the model's memory. */
  dispose(): Promise<void>;
}

/** Weights that hub checkpoints hold twice, or as buffers. */
const doubled = [/position_ids$/, /cls\.predictions\.decoder\.(weight|bias)$/];

/**
 * Loads a captioner from a folder in Hugging Face layout (`Salesforce/blip-image-captioning-base`).
 *
 * @throws {LocRefError} if a file is missing or a tensor does not fit.
 */
export async function loadBlip(
  folder: string,
  executor: Executor,
): Promise<Blip> {
  const file = join(folder, "config.json");
  const { config } = parseBlipConfig(await readConfigFile(file), { file });
  const weights = await openSafetensors(join(folder, "model.safetensors"));
  const vision = blipVisionProgram(config.vision_config);
  const cross = blipCrossProgram(config.text_config);
  const text = blipTextProgram(config.text_config);
  const expected = new Map([vision, cross, text].flatMap((program) => [
    ...listWeights(program),
  ]));
  checkWeights(expected, weights, {
    file: `Captioner "${folder}"`,
    ignore: doubled,
  });
  const tokenizer = await loadWordPiece(folder);
  const encoder = await executor.compile(vision, weights);
  const projector = await executor.compile(cross, weights);
  const decoder = await executor.compile(text, weights);
  const picture = (features: Tensor) => projector.run({ features });
  const logits = (ids: Tensor, cross: Values<Tensor>) =>
    runDecoder(decoder, ids, cross);
  return {
    config,
    tokenizer,
    features: async (pixels) => (await encoder.run({ pixels })).features!,
    logits: async (ids, features) => logits(ids, await picture(features)),
    generate: async (features, options = {}) =>
      await generate(
        { config, tokenizer, logits },
        await picture(features),
        options,
      ),
    async dispose() {
      await encoder.dispose();
      await projector.dispose();
      await decoder.dispose();
    },
  };
}

async function runDecoder(
  decoder: Runner,
  ids: Tensor,
  cross: Values<Tensor>,
): Promise<Tensor> {
  const [rows, tokens] = ids.shape as [number, number];
  const positions = Int32Array.from(
    { length: rows * tokens },
    (_, i) => i % tokens,
  );
  const outputs = await decoder.run({
    ids,
    positions: tensor([rows, tokens], positions),
    ...cross,
  });
  return outputs.logits!;
}

interface Decoder extends Pick<Blip, "config" | "tokenizer"> {
  readonly logits: (ids: Tensor, cross: Values<Tensor>) => Promise<Tensor>;
}

async function generate(
  blip: Decoder,
  cross: Values<Tensor>,
  options: BlipGenerateOptions,
): Promise<number[]> {
  const { prompt = "", ...search } = options;
  const { bos_token_id, sep_token_id } = blip.config.text_config;
  const start = [bos_token_id, ...blip.tokenizer.encode(prompt)];
  // by the number of sequences; the same tensors again need not go to the device again
  const pictures = new Map([[1, cross]]);
  const next = async (sequences: readonly (readonly number[])[]) => {
    const rows = sequences.length, tokens = sequences[0]!.length;
    const ids = tensor([rows, tokens], Int32Array.from(sequences.flat()));
    const picture = pictures.get(rows) ?? repeated(cross, rows);
    pictures.set(rows, picture);
    const logits = await blip.logits(ids, picture);
    return sequences.map((_, row) => lastLogProbabilities(logits, row));
  };
  return await beamSearch(start, next, { ...search, end: sep_token_id });
}

/** Tensors of one row with that row `rows` times. */
function repeated(tensors: Values<Tensor>, rows: number): Values<Tensor> {
  const repeat = ({ shape, data }: Tensor) => {
    const all = new Float32Array(data.length * rows);
    for (let row = 0; row < rows; row++) all.set(data, row * data.length);
    return tensor([rows, ...shape.slice(1)], all);
  };
  return Object.fromEntries(
    Object.entries(tensors).map(([name, one]) => [name, repeat(one)]),
  );
}

/** Logarithms of the softmax at the last position of a row. */
function lastLogProbabilities(logits: Tensor, row: number): Float32Array {
  const [, tokens, vocabulary] = logits.shape as [number, number, number];
  const from = ((row + 1) * tokens - 1) * vocabulary;
  const values = Float32Array.from(
    logits.data.subarray(from, from + vocabulary),
  );
  const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = values.reduce(
    (total, value) => total + Math.exp(value - largest),
    0,
  );
  return values.map((value) => value - largest - Math.log(sum));
}
