import { checkFinite } from "../../core/finite.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import {
  concatBatch,
  concatWidth,
  sliceBatch,
} from "../../core/tensor_rows.ts";
import {
  type ClipTextConfig,
  clipTextProgram,
  pooledText,
} from "../../encoders/clip_text.ts";
import {
  type ClipTokenizer,
  loadClipTokenizer,
} from "../../encoders/clip_tokenizer.ts";
import type { ModelPart } from "../../weights/open_part.ts";
import type { Base } from "../base.ts";
import type {
  TextConditioning,
  TextRequest,
  TextRun,
} from "../text_conditioning.ts";
import { captionRows } from "../caption_rows.ts";
import { ownIds } from "../sd/text.ts";
import type { SdxlParts } from "./sdxl_parts.ts";

type Parts = Pick<
  SdxlParts,
  "text" | "text2" | "tokenizer" | "tokenizer2" | "forceZeros"
>;

/** The first encoder up to its end, which the denoiser's text does not need. */
const phraseProgram = "phrase_encoder";

/** One of the two text encoders. */
interface Tower {
  /** Name of its program. */
  readonly name: string;
  readonly part: ModelPart<ClipTextConfig>;
  readonly tokenizer: ClipTokenizer;
}

/**
 * The text of Stable Diffusion XL: the states of both encoders before their last layers, side by side,
 * and the second encoder's pooled text.
 */
export function sdxlText(
  parts: Parts,
): Pick<
  Base,
  "openTokenizers" | "isWord" | "textIds" | "phrases" | "encodeText"
> {
  let opened: readonly [Tower, Tower] | undefined;
  const open = async () => opened ??= await openTowers(parts);
  return {
    openTokenizers: async () =>
      (await open()).flatMap(({ tokenizer }) => tokenizer.warnings),
    textIds: (text) => opened ? ownIds(opened[0].tokenizer, text) : [],
    phrases: {
      program: {
        name: phraseProgram,
        part: "text_encoder",
        weights: parts.text.weights,
        onceAScene: true,
        program: () => clipTextProgram(parts.text.config, {}, phraseProgram),
      },
      async encode(texts, encoder) {
        const [{ tokenizer, part }] = await open();
        const { ids } = captionRows(tokenizer, texts).of([...texts.keys()]);
        const { hidden } = await encoder.run({ ids });
        checkFinite(hidden!, { stage: "text encoder", files: part.folder });
        return pooledText(hidden!, ids, part.config.eos_token_id);
      },
    },
    isWord: (word) => opened?.[0].tokenizer.isWord(word) ?? false,
    encodeText: async (texts, run) => {
      const encoded = await encode(await open(), texts, run);
      return parts.forceZeros ? withZeros(encoded, texts) : encoded;
    },
  };
}

async function openTowers(parts: Parts): Promise<readonly [Tower, Tower]> {
  const tower = async (
    name: string,
    part: ModelPart<ClipTextConfig>,
    folder: string,
  ) => ({
    name,
    part,
    tokenizer: await loadClipTokenizer(folder, {
      positions: part.config.max_position_embeddings,
      vocabulary: part.config.vocab_size,
    }),
  });
  return [
    await tower("text_encoder", parts.text, parts.tokenizer),
    await tower("text_encoder_2", parts.text2, parts.tokenizer2),
  ];
}

/** All texts, those with equal numbers of layers left out at once. */
async function encode(
  [first, second]: readonly [Tower, Tower],
  texts: readonly TextRequest[],
  run: TextRun,
): Promise<TextConditioning> {
  const { reading } = run;
  const rows1 = captionRows(
    first.tokenizer,
    texts.map(({ text }) => text),
    reading,
  );
  const rows2 = captionRows(
    second.tokenizer,
    texts.map((one) => one.second ?? one.text),
    reading,
  );
  const skips = texts.map(({ clipSkip = 0 }) => clipSkip);
  const rows = new Map<number, { tokens: Tensor; pooled: Tensor }>();
  for (const clipSkip of new Set(skips)) {
    const own = [...skips.keys()].filter((i) => skips[i] === clipSkip);
    const [read1, read2] = [rows1.of(own), rows2.of(own)];
    const a = await runTower(first, read1.ids, clipSkip, run);
    const b = await runTower(second, read2.ids, clipSkip, run);
    const tokens = besides(read1.join(a.hidden!), read2.join(b.hidden!));
    const { eos_token_id: end } = second.part.config;
    const pooled = read2.first(pooledText(b.projected!, read2.ids, end));
    own.forEach((i, at) =>
      rows.set(i, {
        tokens: sliceBatch(tokens, at, at + 1),
        pooled: sliceBatch(pooled, at, at + 1),
      })
    );
  }
  const ordered = texts.map((_, i) => rows.get(i)!);
  const projected = concatBatch(ordered.map(({ pooled }) => pooled));
  return {
    tokens: concatBatch(ordered.map(({ tokens }) => tokens)),
    ...{ pooled: projected, projected },
    cuts: texts.map((_, i) => rows1.cuts[i] ?? rows2.cuts[i]),
  };
}

async function runTower(
  { name, part }: Tower,
  ids: Tensor,
  clipSkip: number,
  run: TextRun,
): Promise<Record<string, Tensor>> {
  const encoder = await run.textEncoder(name, clipSkip);
  const outputs = await encoder.run({ ids });
  const stage = name === "text_encoder"
    ? "text encoder"
    : "second text encoder";
  for (const output of Object.values(outputs)) {
    checkFinite(output, { stage, files: part.folder });
  }
  return outputs;
}

/**
 * Tokens of both encoders side by side; where one needs more rows, the other's last is repeated.
 */
function besides(a: Tensor, b: Tensor): Tensor {
  const most = Math.max(a.shape[1]!, b.shape[1]!);
  return concatWidth([lengthened(a, most), lengthened(b, most)]);
}

function lengthened(x: Tensor, tokens: number): Tensor {
  const [texts, own, width] = x.shape as [number, number, number];
  if (own === tokens) return x;
  const data = new Float32Array(texts * tokens * width);
  for (let text = 0; text < texts; text++) {
    const from = x.data.subarray(text * own * width, (text + 1) * own * width);
    const row = Math.min(own, tokens - own) * width;
    data.set(from, text * tokens * width);
    for (let at = own * width; at < tokens * width; at += row) {
      const left = Math.min(row, tokens * width - at);
      const last = from.subarray(from.length - row);
      data.set(last.subarray(0, left), text * tokens * width + at);
    }
  }
  return tensor([texts, tokens, width], data);
}

/** Texts that nobody gave are zeros, as SDXL was trained. */
function withZeros(
  { tokens, pooled, ...rest }: TextConditioning,
  texts: readonly TextRequest[],
): TextConditioning {
  const cleared = (x: Tensor) => {
    const size = x.data.length / texts.length;
    const data = Float32Array.from(x.data);
    texts.forEach(({ absent }, i) => {
      if (absent) data.fill(0, i * size, (i + 1) * size);
    });
    return tensor(x.shape, data);
  };
  return { tokens: cleared(tokens), pooled: cleared(pooled!), ...rest };
}
