import { type Tensor, tensor } from "../core/tensor.ts";
import { reshape, sliceBatch } from "../core/tensor_rows.ts";
import {
  type CaptionChunk,
  captionChunks,
} from "../encoders/captions/caption_chunks.ts";
import { weighHidden } from "../encoders/captions/weigh_hidden.ts";
import type { Weighting } from "../scene_data/weightings.ts";
import type { ClipTokenizer } from "../encoders/clip_tokenizer.ts";

/** Where a caption was cut: tokens that were read, and the rest. */
export interface RowCut {
  readonly after: number;
  readonly before: string;
}

/** How captions are read. */
export interface CaptionReading {
  /** How numbers and brackets in captions weigh words. @default {they are text} */
  readonly weighting?: Weighting;
  /** Most rows of tokens of one caption. @default {1} */
  readonly chunks?: number;
}

/** Captions in rows of token ids, the same number of rows each. */
export interface CaptionRows {
  /** Where each caption was cut. */
  readonly cuts: readonly (RowCut | undefined)[];
  /** Some of the captions, as a text encoder reads them. */
  of(indices: readonly number[]): ReadRows;
}

/** Captions for one run of a text encoder. */
export interface ReadRows {
  /** Token ids, `[captions · rows, tokens]`; an empty row more where weights need it. */
  readonly ids: Tensor;
  /** Hidden states of all ids as tokens of the captions, `[captions, rows · tokens, width]`. */
  join(hidden: Tensor): Tensor;
  /** The first row of each caption among vectors of all rows. */
  first(vectors: Tensor): Tensor;
}

/** Captions in rows of token ids, those that need fewer rows with empty ones behind. */
export function captionRows(
  tokenizer: ClipTokenizer,
  captions: readonly string[],
  reading: CaptionReading = {},
): CaptionRows {
  const { weighting, chunks = 1 } = reading;
  const options = { weighted: weighting !== undefined, most: chunks };
  const all = captions.map((one) => captionChunks(tokenizer, one, options));
  const rows = Math.max(...all.map(({ chunks }) => chunks.length));
  const empty = captionChunks(tokenizer, "").chunks[0]!;
  const after = rows * (tokenizer.length - 2);
  return {
    cuts: all.map(({ cut }) =>
      cut === undefined ? undefined : { after, before: cut }
    ),
    of(indices) {
      const padded = indices.flatMap((i) =>
        Array.from({ length: rows }, (_, row) => all[i]!.chunks[row] ?? empty)
      );
      return readRows(padded, { rows, empty, weighting });
    },
  };
}

function readRows(
  padded: readonly CaptionChunk[],
  { rows, empty, weighting }: {
    rows: number;
    empty: CaptionChunk;
    weighting?: Weighting;
  },
): ReadRows {
  const captions = padded.length / rows;
  const { length } = empty.ids;
  const weights = padded.flatMap((one) => one.weights);
  const weighs = weights.some((weight) => weight !== 1);
  const needsEmpty = weighs && weighting === "comfyui";
  const list = needsEmpty ? [...padded, empty] : padded;
  const ids = Int32Array.from(list.flatMap((one) => [...one.ids]));
  return {
    ids: tensor([list.length, length], ids),
    join(hidden) {
      const own = sliceBatch(hidden, 0, padded.length);
      const none = needsEmpty
        ? sliceBatch(hidden, padded.length, padded.length + 1)
        : undefined;
      const joined = weighs && weighting !== undefined
        ? weighHidden(own, weights, { weighting, empty: none })
        : own;
      const width = joined.shape.at(-1)!;
      return reshape(joined, [captions, rows * length, width]);
    },
    first(vectors) {
      const width = vectors.shape.at(-1)!;
      const data = new Float32Array(captions * width);
      for (let i = 0; i < captions; i++) {
        const from = i * rows * width;
        data.set(vectors.data.subarray(from, from + width), i * width);
      }
      return tensor([captions, width], data);
    },
  };
}
