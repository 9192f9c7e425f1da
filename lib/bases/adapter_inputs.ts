/** Inputs and weights of adapters in the programs of a base: whose is whose, by prefix. */

import { LocRefError } from "../core/error.ts";
import type { Values, WeightSource } from "../ops/executor.ts";
import type { Params } from "../ops/params.ts";
import { mergeWeights, renameWeights } from "../weights/weight_sources.ts";
import type { AdapterGraph, Signatures } from "./hooks.ts";

/** As much of a graph as names depend on. */
type Prefixed = Pick<AdapterGraph, "prefix" | "bareInputs">;

/** An adapter's inputs, or their values, under the names that the program has for them. */
export function toProgram<V>(
  graph: Prefixed,
  own: Readonly<Record<string, V>>,
): Record<string, V> {
  return Object.fromEntries(
    Object.entries(own).map(([name, value]) => [nameOf(graph, name), value]),
  );
}

/** A program's values as one of its adapters reads them: its own and the base's by their own names. */
export function toAdapter<T>(
  graph: Prefixed,
  inputs: Values<T>,
): Values<T> {
  if (graph.bareInputs) return inputs;
  const prefix = `${graph.prefix}.`;
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      name.startsWith(prefix) ? name.slice(prefix.length) : name,
      value,
    ]),
  );
}

function nameOf({ prefix, bareInputs }: Prefixed, name: string): string {
  return bareInputs ? name : `${prefix}.${name}`;
}

/** The weights that an adapter's hooks read, among those of the program. */
export function ownParams<T>(
  { prefix }: Prefixed,
  params: Params<T>,
): Params<T> {
  return params.at(ownWeights).at(prefix);
}

/** Prefix of all adapters' weights, which no base's weights begin with. */
const ownWeights = "adapters";

/** The weights of a denoiser and of its adapters as one source; all stay where they lie. */
export function weightsWith(
  base: WeightSource,
  graphs: readonly AdapterGraph[] = [],
): WeightSource {
  const own = graphs.flatMap(({ prefix, weights }) =>
    weights === undefined
      ? []
      : [renameWeights(weights, (name) => `${ownWeights}.${prefix}.${name}`)]
  );
  return own.length === 0 ? base : mergeWeights([base, ...own]);
}

/** The names and shapes of one adapter's weights among those of a program. */
export function ownShapes(
  { prefix }: Prefixed,
  shapes: ReadonlyMap<string, readonly number[]>,
): Map<string, readonly number[]> {
  const own = `${ownWeights}.${prefix}.`;
  return new Map(
    [...shapes].flatMap(([name, shape]) =>
      name.startsWith(own) ? [[name.slice(own.length), shape] as const] : []
    ),
  );
}

/**
 * Checks that no two adapters share a prefix or the name of an input.
 *
 * @param own Inputs of the base.
 * @throws {LocRefError} `checkpoint-mismatch`, naming both.
 */
export function checkNames(
  own: Signatures,
  graphs: readonly { prefix: string; inputs: Signatures }[],
): void {
  const owners = new Map(
    Object.keys(own).map((name) => [name, "the model itself"]),
  );
  const prefixes = new Set<string>();
  for (const { prefix, inputs } of graphs) {
    if (prefixes.has(prefix)) {
      throw clash(`Two adapters have the prefix "${prefix}"`);
    }
    prefixes.add(prefix);
    for (const name of Object.keys(inputs)) {
      const other = owners.get(name);
      if (other !== undefined) {
        throw clash(
          `Adapter "${prefix}" and ${other} both have an input "${name}"`,
        );
      }
      owners.set(name, `adapter "${prefix}"`);
    }
  }
}

function clash(message: string): LocRefError {
  return new LocRefError("checkpoint-mismatch", message);
}
