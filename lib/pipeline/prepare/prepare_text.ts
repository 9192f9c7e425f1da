import { notationWarnings } from "./notation_warnings.ts";
import { quote } from "../../core/quote.ts";
import type { Tensor } from "../../core/tensor.ts";
import { sliceBatch } from "../../core/tensor_rows.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type {
  TextConditioning,
  TextRun,
} from "../../bases/text_conditioning.ts";
import {
  computeKeyValues,
  groupKeyValues,
  type KeyValues,
  pickRows,
} from "../../bases/key_values.ts";
import type { CaptionReading } from "../../bases/caption_rows.ts";
import { toProgram } from "../../bases/adapter_inputs.ts";
import type { AdapterGraph } from "../../bases/hooks.ts";
import { filesOf } from "../../bases/part_files.ts";
import type { Values } from "../../ops/executor.ts";
import type { ConditionOptions } from "../options/condition_options.ts";
import type { WeightChange } from "../programs/runner_use.ts";
import type { PreparingModel } from "./preparing_model.ts";
import { type SceneTexts, sceneTexts, textRequests } from "./scene_texts.ts";
import { wordWarnings } from "./word_warnings.ts";
import { ofRows, replaceRow, withRow } from "./text_rows.ts";

/** The text of a scene, as the UNet attends to it. */
export interface PreparedText {
  /**
   * Its keys and values: a batch of unconditional then conditional, or conditional alone; grouped
   * where captions of instances are read. Equal forms give the same tensors.
   *
   * @param texts Inputs of the text hook of each adapter.
   */
  keyValues(
    form: { adapters: readonly AdapterGraph[]; captions: boolean },
    texts: readonly Values<Tensor>[],
  ): Promise<KeyValues>;
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
  options: {
    guided: boolean;
    conditions: ConditionOptions;
    /** LoRAs of instances, by the instance's index. */
    loras?: ReadonlyMap<number, WeightChange>;
  },
): Promise<PreparedText> {
  const { captioned, names, texts, rows } = sceneTexts(scene);
  const { base } = model.parts;
  const encoded = await base.encodeText(
    textRequests(texts, options.conditions),
    withReading(model.runners, options.conditions),
  );
  const { loras, conditions } = options;
  const own = await ownTexts(model, {
    captioned,
    texts,
    rows,
    loras,
    conditions,
  });
  const source = keyValueSource(model, encoded.tokens, own);
  // what runs before the first step is freed then
  await source([], []);
  return {
    keyValues: formedKeyValues(source, rows, options.guided),
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
      ...notationWarnings(texts, names, options.conditions),
    ],
  };
}

/** Computes keys and values of all texts, once for each set of adapters that change the text. */
type KeyValueSource = (
  adapters: readonly AdapterGraph[],
  texts: readonly Values<Tensor>[],
) => Promise<KeyValues>;

/** A text that changed weights encode and read. */
interface OwnText {
  readonly row: number;
  /** `[1, tokens, width]`. */
  readonly tokens: Tensor;
  readonly change: WeightChange;
}

/** The captions of instances with a LoRA, by their rows among all texts. */
async function ownTexts(
  model: PreparingModel,
  { captioned, texts, rows, loras = new Map(), conditions }:
    & Pick<SceneTexts, "captioned" | "texts" | "rows">
    & {
      loras?: ReadonlyMap<number, WeightChange>;
      conditions: ConditionOptions;
    },
): Promise<OwnText[]> {
  const found: OwnText[] = [];
  for (const [at, i] of captioned.entries()) {
    const change = loras.get(i);
    if (change === undefined) continue;
    // all texts at once, so that they have as many rows of tokens
    const { tokens } = await model.parts.base.encodeText(
      textRequests(texts, conditions),
      {
        ...withReading(model.runners, conditions),
        textEncoder: (name, skip) =>
          model.runners.textEncoder(name, skip, change),
      },
    );
    const row = rows.positive[1 + at]!;
    found.push({ row, tokens: sliceBatch(tokens, row, row + 1), change });
  }
  return found;
}

function keyValueSource(
  model: PreparingModel,
  tokens: Tensor,
  own: readonly OwnText[],
): KeyValueSource {
  const { base } = model.parts;
  const known = new Map<string, Promise<KeyValues>>();
  const computeOn = async (
    read: Tensor,
    [adapters, texts]: Parameters<KeyValueSource>,
    change?: WeightChange,
  ) => {
    const { runners, stepRunners } = model;
    const runner = adapters.length === 0
      ? runners.keyValues(change)
      : await stepRunners.changedKeyValues(adapters, change);
    const inputs = adapters.map((graph, i) => toProgram(graph, texts[i]!));
    return await computeKeyValues(runner, read, {
      stage: "UNet's keys and values of text",
      files: filesOf(base, "text_key_value"),
      inputs: Object.assign({}, ...inputs),
    });
  };
  const compute: KeyValueSource = async (...given) => {
    let all = await computeOn(tokens, given);
    for (const { row, tokens: changed, change } of own) {
      const read = replaceRow(tokens, row, changed);
      all = withRow(all, row, await computeOn(read, given, change));
    }
    return all;
  };
  return (adapters, texts) => {
    const key = adapters.map(({ prefix }) => prefix).join();
    const found = known.get(key) ?? compute(adapters, texts);
    known.set(key, found);
    return found;
  };
}

/** Keys and values in the rows and groups of the batch. */
function formedKeyValues(
  source: KeyValueSource,
  rows: SceneTexts["rows"],
  guided: boolean,
): PreparedText["keyValues"] {
  const known = new Map<string, KeyValues>();
  return async (form, texts) => {
    const at = [...form.adapters.keys()].filter((i) => form.adapters[i]!.text);
    const fusing = at.map((i) => form.adapters[i]!);
    const key = [form.captions, ...fusing.map(({ prefix }) => prefix)].join();
    const found = known.get(key);
    if (found !== undefined) return found;
    const all = await source(fusing, at.map((i) => texts[i]!));
    const groups = form.captions ? rows.positive.length : 1;
    const picked = pickRows(all, [
      ...(guided ? rows.negative.slice(0, groups) : []),
      ...rows.positive.slice(0, groups),
    ]);
    const formed = groups > 1 ? groupKeyValues(picked, groups) : picked;
    known.set(key, formed);
    return formed;
  };
}

/** Most rows of tokens of a long caption. */
const mostRows = 8;

/** How captions are read, by the options of a run. */
export function captionReading(
  { captionWeights, longCaptions }: ConditionOptions,
): CaptionReading {
  return {
    weighting: captionWeights,
    chunks: longCaptions ? mostRows : 1,
  };
}

function withReading(
  runners: PreparingModel["runners"],
  conditions: ConditionOptions,
): TextRun {
  return {
    textEncoder: (name, clipSkip) => runners.textEncoder(name, clipSkip),
    reading: captionReading(conditions),
  };
}
