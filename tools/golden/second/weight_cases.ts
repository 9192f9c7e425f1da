import { join } from "node:path";
import { readJson } from "../../../lib/core/files/read_json.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { captionChunks } from "../../../lib/encoders/captions/caption_chunks.ts";
import { loadClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import {
  multiplied,
  weighHidden,
} from "../../../lib/encoders/captions/weigh_hidden.ts";
import { weightedPieces } from "../../../lib/encoders/captions/weighted_caption.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { encodedText } from "./encoded_text.ts";

interface WeightsFile {
  readonly cases: readonly {
    readonly text: string;
    readonly parsed: readonly (readonly [string, number])[];
    readonly token_weights: readonly number[];
  }[];
}

/** The cases of captions with weights. */
export function weightCases(): GoldenCase[] {
  return [
    { name: "weights.parse", bound: 1e-6, run: parse },
    {
      name: "weights.multiplied",
      bound: 1e-4,
      run: (context) =>
        hidden(context, "multiplied", ({ plain, weights }) => {
          const data = floats(plain).slice();
          multiplied(data, weights);
          return tensor(plain.shape, data);
        }),
    },
    {
      name: "weights.mean_restored",
      bound: 1e-4,
      run: (context) =>
        hidden(
          context,
          "mean_restored",
          ({ plain, weights }) =>
            weighHidden(plain, weights, { weighting: "a1111" }),
        ),
    },
    {
      name: "weights.from_empty",
      bound: 1e-4,
      run: (context) =>
        hidden(
          context,
          "from_empty",
          ({ plain, weights, empty }) =>
            weighHidden(plain, weights, { weighting: "comfyui", empty }),
        ),
    },
  ];
}

/** Ids must be equal; of weights the largest error counts. */
async function parse({ dir }: GoldenContext): Promise<number> {
  const { cases } = await readCases(dir);
  const goldens = await readGoldens(dir, "weights");
  const tokenizer = await loadTokenizer(dir);
  const errors = cases.map(({ text, parsed, token_weights }, i) => {
    const { chunks } = captionChunks(tokenizer, text, { weighted: true });
    const ids = goldens[`${i}.input_ids`]!.data;
    if (chunks[0]!.ids.join() !== ids.join()) return Infinity;
    const lists = weightedPieces(text);
    const pieces = lists.flatMap((list, i): (readonly [string, number])[] => [
      ...(i > 0 ? [["BREAK", -1] as const] : []),
      ...list.map(({ text, weight }) => [text, weight] as const),
    ]);
    const same = pieces.length === parsed.length &&
      pieces.every(([text], j) => text === parsed[j]![0]);
    return same
      ? Math.max(
        ...pieces.map(([, weight], j) => Math.abs(weight - parsed[j]![1])),
        ...chunks[0]!.weights.map((weight, j) =>
          Math.abs(weight - token_weights[j]!)
        ),
      )
      : Infinity;
  });
  return Math.max(...errors);
}

async function hidden(
  context: GoldenContext,
  name: string,
  weigh: (
    given: { plain: Tensor; weights: readonly number[]; empty: Tensor },
  ) => Tensor,
): Promise<number> {
  const { cases } = await readCases(context.dir);
  const goldens = await readGoldens(context.dir, "weights");
  const tokenizer = await loadTokenizer(context.dir);
  const errors: number[] = [];
  const empty = await encodedText(context, "sd15-tiny", [""]);
  for (const [i, { text }] of cases.entries()) {
    const { chunks } = captionChunks(tokenizer, text, { weighted: true });
    const plain = await encodedText(context, "sd15-tiny", [chunks[0]!.ids]);
    const { weights } = chunks[0]!;
    const made = weigh({ plain, weights, empty });
    errors.push(relativeError(made, goldens[`${i}.${name}`]!));
  }
  return Math.max(...errors);
}

function readCases(dir: string): Promise<WeightsFile> {
  return readJson<WeightsFile>(join(dir, "weights.json"));
}

function loadTokenizer(dir: string) {
  return loadClipTokenizer(join(dir, "sd15-tiny", "tokenizer"));
}
