import { shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import type { WeightSource } from "../../ops/executor.ts";

/** How a checkpoint differs from what a model expects. */
export interface WeightDifference {
  /** Names that the model needs and the checkpoint lacks, with the expected shapes. */
  readonly missing: ReadonlyMap<string, readonly number[]>;
  /** Names that the model does not know, with their shapes. */
  readonly extra: ReadonlyMap<string, readonly number[]>;
  /** Names whose shape is not the expected one. */
  readonly misshapen: ReadonlyMap<
    string,
    { readonly expected: readonly number[]; readonly found: readonly number[] }
  >;
}

/** Options of {@linkcode compareWeights}. */
export interface CompareWeightsOptions {
  /** Names of the checkpoint that are no extras, such as `position_ids`. @default {[]} */
  ignore?: readonly RegExp[];
}

/** Compares names and shapes of a checkpoint with the `expected` ones. Reads no values. */
export function compareWeights(
  expected: ReadonlyMap<string, readonly number[]>,
  source: Pick<WeightSource, "names" | "info">,
  options: CompareWeightsOptions = {},
): WeightDifference {
  const { ignore = [] } = options;
  const missing = new Map<string, readonly number[]>();
  const misshapen: Map<
    string,
    { expected: readonly number[]; found: readonly number[] }
  > = new Map();
  for (const [name, shape] of expected) {
    const found = source.info(name)?.shape;
    if (found === undefined) missing.set(name, shape);
    else if (!sameShape(shape, found)) {
      misshapen.set(name, { expected: shape, found });
    }
  }
  const extra = new Map<string, readonly number[]>();
  for (const name of source.names()) {
    if (expected.has(name) || ignore.some((one) => one.test(name))) continue;
    extra.set(name, source.info(name)!.shape);
  }
  return { missing, extra, misshapen };
}

/** Options of {@linkcode checkWeights}. */
export interface CheckWeightsOptions extends CompareWeightsOptions {
  /** File or folder that the message names. @default {"Checkpoint"} */
  file?: string;
}

/**
 * Makes sure that a checkpoint holds exactly the `expected` weights.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, counting missing, extra and misshapen tensors and
 * naming the first of each with what was expected.
 */
export function checkWeights(
  expected: ReadonlyMap<string, readonly number[]>,
  source: Pick<WeightSource, "names" | "info">,
  options: CheckWeightsOptions = {},
): void {
  const difference = compareWeights(expected, source, options);
  const problems = describeDifference(difference);
  if (problems.length === 0) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `${options.file ?? "Checkpoint"} does not fit the model: ${
      problems.join("; ")
    }`,
  );
}

/** A difference in words, one phrase a kind; empty where there is none. */
export function describeDifference(difference: WeightDifference): string[] {
  const { missing, extra, misshapen } = difference;
  const phrases: string[] = [];
  if (missing.size > 0) {
    phrases.push(`${missing.size} missing (${list(missing, shapeText)})`);
  }
  if (extra.size > 0) {
    phrases.push(`${extra.size} extra (${list(extra, shapeText)})`);
  }
  if (misshapen.size > 0) {
    const text = list(
      misshapen,
      ({ expected, found }) =>
        `${shapeText(found)} where ${shapeText(expected)} was expected`,
    );
    phrases.push(`${misshapen.size} misshapen (${text})`);
  }
  return phrases;
}

/** Tensors named of each kind in one message; the doctor names all. */
const SHOWN = 8;

function list<V>(
  items: ReadonlyMap<string, V>,
  text: (value: V) => string,
): string {
  const shown = [...items].slice(0, SHOWN).map(([name, value]) =>
    `${shorten(name, 120)} ${text(value)}`
  );
  const more = items.size - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}

function shapeText(shape: readonly number[]): string {
  return shorten(`[${shape.join(", ")}]`);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}
