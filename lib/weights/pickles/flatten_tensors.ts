import { quote } from "../../core/quote.ts";
import { damagedPickle, tooLargePickle } from "./pickle_error.ts";
import { pickleLimits } from "./pickle_limits.ts";
import { PickleOpaque, PickleSymbol, PickleTensor } from "./pickle_values.ts";

/** A value of a checkpoint that is no tensor. */
export interface SkippedValue {
  /** Its name, with dots between the keys. */
  readonly name: string;
  /** Its kind, such as `a number` or `types.SimpleNamespace`. */
  readonly what: string;
}

/** The tensors of a checkpoint by name, and what else it holds. */
export interface FlatTensors {
  readonly tensors: ReadonlyMap<string, PickleTensor>;
  readonly skipped: readonly SkippedValue[];
}

/** Name of a tensor that was saved alone. */
const onlyName = "tensor";

/**
 * Lists the tensors inside dictionaries and lists, with the keys joined by dots.
 *
 * @throws {LocRefError} `file-invalid` if two tensors have one name, or there is too much to list.
 */
export function flattenTensors(value: unknown, file: string): FlatTensors {
  const tensors = new Map<string, PickleTensor>();
  const skipped: SkippedValue[] = [];
  let reached = 0;
  const visit = (one: unknown, name: string, depth: number): void => {
    if (depth > pickleLimits.depth) {
      throw tooLargePickle(
        file,
        `it holds lists and dictionaries more than ${pickleLimits.depth} deep`,
      );
    }
    if (++reached > pickleLimits.reached) {
      throw tooLargePickle(
        file,
        `it holds more than ${pickleLimits.reached} values`,
      );
    }
    if (name.length > pickleLimits.nameLength) {
      throw tooLargePickle(file, `a name in it is as long as ${quote(name)}`);
    }
    const children = childrenOf(one);
    if (one instanceof PickleTensor) addTensor(tensors, { name, one, file });
    else if (children === undefined) skipped.push({ name, what: kindOf(one) });
    for (const [key, child] of children ?? []) {
      const part = keyOf(key);
      if (part === undefined) {
        skipped.push({ name, what: `a value under the key ${quote(key)}` });
        continue;
      }
      visit(child, name === "" ? part : `${name}.${part}`, depth + 1);
    }
  };
  visit(value, "", 0);
  return { tensors, skipped };
}

function addTensor(
  tensors: Map<string, PickleTensor>,
  { name, one, file }: { name: string; one: PickleTensor; file: string },
): void {
  const full = name === "" ? onlyName : name;
  if (tensors.has(full)) {
    throw damagedPickle(file, `two tensors are named ${quote(full)}`);
  }
  if (full === "__metadata__" || full === "__proto__") {
    throw damagedPickle(file, `a tensor is named ${quote(full)}`);
  }
  if (tensors.size >= pickleLimits.tensors) {
    throw tooLargePickle(file, `it has more than ${tensors.size} tensors`);
  }
  tensors.set(full, one);
}

function childrenOf(value: unknown): Iterable<[unknown, unknown]> | undefined {
  if (value instanceof Map) return value.entries();
  return Array.isArray(value) ? value.entries() : undefined;
}

function keyOf(key: unknown): string | undefined {
  if (typeof key === "string") return key;
  if (typeof key === "number") return String(key);
  return key instanceof PickleSymbol ? key.name : undefined;
}

function kindOf(value: unknown): string {
  if (value instanceof PickleOpaque) return value.maker;
  if (value instanceof PickleSymbol) return `the name ${value.name}`;
  switch (typeof value) {
    case "number":
    case "bigint":
      return "a number";
    case "string":
      return "a text";
    case "boolean":
      return "a truth value";
    default:
      return value === null
        ? "nothing"
        : value instanceof Uint8Array
        ? "bytes"
        : "a storage";
  }
}
