import { quote } from "../../core/quote.ts";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unknownWords } from "../../encoders/caption_words.ts";
import type { Tensor } from "../../core/tensor.ts";
import { concatBatch, sliceBatch } from "../../core/tensor_rows.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { instanceName } from "../../scene_data/instance_name.ts";
import type { TextConditioning } from "../../bases/base.ts";
import {
  computeKeyValues,
  groupKeyValues,
  type KeyValues,
  pickRows,
} from "../../bases/key_values.ts";
import { filesOf } from "../../bases/part_files.ts";
import type { PreparingModel } from "./preparing_model.ts";

/** The text of a scene, as the UNet attends to it. */
export interface PreparedText {
  /** Batch unconditional then conditional, or conditional alone; grouped where instances have captions. */
  readonly keyValues: KeyValues;
  /** The unconditional text and the scene's, or the scene's alone. */
  readonly steps: TextConditioning;
  /** Which instances have captions of their own. */
  readonly captioned: readonly number[];
  /** Warnings about captions cut at the token limit. */
  readonly warnings: readonly string[];
}

/** Encodes all captions of a scene at once and computes their keys and values. */
export async function prepareText(
  model: PreparingModel,
  scene: SceneData,
  options: { guided: boolean },
): Promise<PreparedText> {
  const captioned = scene.instances.flatMap(({ caption }, i) =>
    caption === undefined ? [] : [i]
  );
  const names = ["Negative caption", "Caption"];
  const texts = [scene.negative, scene.caption];
  for (const i of captioned) {
    const instance = scene.instances[i]!;
    names.push(`Caption of ${instanceName(instance, i).toLowerCase()}`);
    texts.push(instance.caption!);
  }
  const { base } = model.parts;
  const encoded = await base.encodeText(
    texts.map((text) => ({ text })),
    model.runners,
  );
  const projections = await model.runners.program("text_key_value");
  const all = await computeKeyValues(projections, encoded.tokens, {
    stage: "UNet's keys and values of text",
    files: filesOf(base, "text_key_value"),
  });
  const rows = textRows(captioned.length, options.guided);
  const picked = pickRows(all, rows);
  const groups = 1 + captioned.length;
  return {
    keyValues: captioned.length > 0 ? groupKeyValues(picked, groups) : picked,
    steps: ofRows(encoded, options.guided ? [0, 1] : [1]),
    captioned,
    warnings: [
      ...encoded.cuts.flatMap((cut, i) =>
        cut === undefined ? [] : [
          `${names[i]} is longer than ${cut.after} tokens and was cut before ${
            quote(cut.before)
          }`,
        ]
      ),
      ...await wordWarnings(model, texts, names),
    ],
  };
}

/** Words listed in one warning. */
const mostListed = 5;

/** Captions most of whose words the model does not know, one sentence each. */
async function wordWarnings(
  { parts: { base } }: PreparingModel,
  texts: readonly string[],
  names: readonly string[],
): Promise<string[]> {
  const own = await ownWords(base.folder);
  const isKnown = (word: string) => own.has(word) || base.isWord(word);
  return texts.flatMap((text, i) => {
    const unknown = unknownWords(text, isKnown);
    if (unknown.length === 0) return [];
    const listed = unknown.slice(0, mostListed).map((word) => quote(word));
    const more = unknown.length - listed.length;
    return [
      `${names[i]} is mostly of words that the model's vocabulary lacks (${
        listed.join(", ")
      }${more > 0 ? ` and ${more} more` : ""}), so it will hardly act`,
    ];
  });
}

/** Words that a model was trained with, where its folder lists them in `words.txt`. */
async function ownWords(folder: string): Promise<ReadonlySet<string>> {
  const path = join(folder, "words.txt");
  if (!existsSync(path)) return new Set();
  return new Set((await readFile(path, "utf8")).split(/\r?\n/));
}

/** Rows of the encoded texts (negative, caption, instances' captions) in the order of the batch. */
function textRows(captions: number, guided: boolean): number[] {
  const conditional = Array.from({ length: 1 + captions }, (_, i) => 1 + i);
  return guided ? [...conditional.map(() => 0), ...conditional] : conditional;
}

/** The given rows of encoded texts. */
function ofRows(
  { tokens, pooled, cuts }: TextConditioning,
  rows: readonly number[],
): TextConditioning {
  const pick = (x: Tensor) =>
    concatBatch(rows.map((row) => sliceBatch(x, row, row + 1)));
  return {
    tokens: pick(tokens),
    pooled: pooled && pick(pooled),
    cuts: rows.map((row) => cuts[row]),
  };
}
