import { checkFinite } from "../../core/finite.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import {
  concatBatch,
  concatWidth,
  sliceBatch,
} from "../../core/tensor_rows.ts";
import { pooledText } from "../../encoders/clip_text.ts";
import {
  type ClipTokenizer,
  type EncodedText,
  loadClipTokenizer,
} from "../../encoders/clip_tokenizer.ts";
import type { ModelPart } from "../../weights/open_part.ts";
import type { ClipTextConfig } from "../../encoders/clip_text.ts";
import type { Base, TextConditioning, TextRequest, TextRun } from "../base.ts";
import type { SdxlParts } from "./sdxl_parts.ts";

type Parts = Pick<
  SdxlParts,
  "text" | "text2" | "tokenizer" | "tokenizer2" | "forceZeros"
>;

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
): Pick<Base, "openTokenizers" | "isWord" | "encodeText"> {
  let opened: readonly [Tower, Tower] | undefined;
  const open = async () => opened ??= await openTowers(parts);
  return {
    openTokenizers: async () =>
      (await open()).flatMap(({ tokenizer }) => tokenizer.warnings),
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
  const ids1 = texts.map(({ text }) => first.tokenizer.encode(text));
  const ids2 = texts.map((one) =>
    second.tokenizer.encode(one.second ?? one.text)
  );
  const skips = texts.map(({ clipSkip = 0 }) => clipSkip);
  const rows = new Map<number, { tokens: Tensor; pooled: Tensor }>();
  for (const clipSkip of new Set(skips)) {
    const own = [...skips.keys()].filter((i) => skips[i] === clipSkip);
    const a = await runTower(first, own.map((i) => ids1[i]!), clipSkip, run);
    const b = await runTower(second, own.map((i) => ids2[i]!), clipSkip, run);
    const tokens = concatWidth([a.hidden!, b.hidden!]);
    const pooled = pooledText(b.projected!, b.ids);
    own.forEach((i, at) =>
      rows.set(i, {
        tokens: sliceBatch(tokens, at, at + 1),
        pooled: sliceBatch(pooled, at, at + 1),
      })
    );
  }
  const ordered = texts.map((_, i) => rows.get(i)!);
  return {
    tokens: concatBatch(ordered.map(({ tokens }) => tokens)),
    pooled: concatBatch(ordered.map(({ pooled }) => pooled)),
    cuts: texts.map((_, i) =>
      cutOf(ids1[i]!, first.tokenizer) ?? cutOf(ids2[i]!, second.tokenizer)
    ),
  };
}

async function runTower(
  { name, part, tokenizer }: Tower,
  texts: readonly EncodedText[],
  clipSkip: number,
  run: TextRun,
): Promise<Record<string, Tensor> & { ids: Tensor }> {
  const flat = Int32Array.from(texts.flatMap(({ ids }) => [...ids]));
  const ids = tensor([texts.length, tokenizer.length], flat);
  const encoder = await run.textEncoder(name, clipSkip);
  const outputs = await encoder.run({ ids });
  const stage = name === "text_encoder"
    ? "text encoder"
    : "second text encoder";
  for (const output of Object.values(outputs)) {
    checkFinite(output, { stage, files: part.folder });
  }
  return { ...outputs, ids };
}

function cutOf({ cut }: EncodedText, { length }: ClipTokenizer) {
  return cut === undefined ? undefined : { after: length - 2, before: cut };
}

/** Texts that nobody gave are zeros, as SDXL was trained. */
function withZeros(
  { tokens, pooled, cuts }: TextConditioning,
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
  return { tokens: cleared(tokens), pooled: cleared(pooled!), cuts };
}
