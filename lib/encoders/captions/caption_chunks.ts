import type { ClipTokenizer } from "../clip_tokenizer.ts";
import { type WeightedPiece, weightedPieces } from "./weighted_caption.ts";

/** One row of ids for the text encoder, with a weight for each. */
export interface CaptionChunk {
  readonly ids: Int32Array;
  readonly weights: readonly number[];
}

/** A caption in chunks, and what did not fit. */
export interface ChunkedCaption {
  readonly chunks: readonly CaptionChunk[];
  /** The end of the caption, where it had to be cut to fit. */
  readonly cut?: string;
}

/** Options of {@linkcode captionChunks}. */
export interface CaptionChunkOptions {
  /** Whether brackets and numbers in the caption are weights. @default {false} */
  readonly weighted?: boolean;
  /** Most chunks; what is longer is cut. @default {1} */
  readonly most?: number;
}

/**
 * A caption as rows of token ids. What is longer than one row goes on in the next, and so does what
 * follows the word `BREAK` in a weighted caption.
 */
export function captionChunks(
  tokenizer: ClipTokenizer,
  caption: string,
  { weighted = false, most = 1 }: CaptionChunkOptions = {},
): ChunkedCaption {
  const parts = weighted
    ? weightedPieces(caption)
    : [[{ text: caption, weight: 1 }]];
  const lists = most === 1 ? [parts.flat()] : parts;
  const room = tokenizer.length - 2;
  const rows: Token[][] = [];
  for (const list of lists) {
    const tokens = tokensOf(tokenizer, list);
    do rows.push(tokens.splice(0, room)); while (tokens.length > 0);
  }
  const rest = rows.slice(most).flat();
  return {
    chunks: rows.slice(0, most).map((row) => chunk(tokenizer, row)),
    ...(rest.length > 0 && {
      cut: tokenizer.decode(rest.map(({ id }) => id)),
    }),
  };
}

interface Token {
  readonly id: number;
  readonly weight: number;
}

function tokensOf(
  tokenizer: ClipTokenizer,
  pieces: readonly WeightedPiece[],
): Token[] {
  return pieces.flatMap(({ text, weight }) =>
    tokenizer.tokens(text).map((id) => ({ id, weight }))
  );
}

function chunk(tokenizer: ClipTokenizer, row: readonly Token[]): CaptionChunk {
  const plain = tokenizer.encode("");
  const ids = plain.ids.slice();
  const weights = Array<number>(ids.length).fill(1);
  for (const [i, { id, weight }] of row.entries()) {
    ids[1 + i] = id;
    weights[1 + i] = weight;
  }
  ids[1 + row.length] = tokenizer.end;
  return { ids, weights };
}
