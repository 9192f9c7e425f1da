import { LocRefError } from "../core/error.ts";
import type { WeightSource } from "../ops/executor.ts";
import { tensor } from "../core/tensor.ts";

/**
 * The weights of `source` under other names: `rename` takes each name and returns the new one,
 * or `undefined` to leave the weight out.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if two weights would get the same name.
 */
export function renameWeights(
  source: WeightSource,
  rename: (name: string) => string | undefined,
): WeightSource {
  const origins = new Map<string, string>();
  for (const name of source.names()) {
    const renamed = rename(name);
    if (renamed === undefined) continue;
    const other = origins.get(renamed);
    if (other !== undefined) {
      throw new LocRefError(
        "checkpoint-mismatch",
        `Weights "${other}" and "${name}" are both "${renamed}" here`,
      );
    }
    origins.set(renamed, name);
  }
  const names = [...origins.keys()].sort();
  return {
    names: () => names,
    info: (name) => {
      const origin = origins.get(name);
      return origin === undefined ? undefined : source.info(origin);
    },
    read: async (name) => await source.read(found(origins.get(name), name)),
  };
}

/**
 * Several sources as one.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if two sources hold a weight of the same name.
 */
export function mergeWeights(sources: readonly WeightSource[]): WeightSource {
  const owners = new Map<string, WeightSource>();
  for (const source of sources) {
    for (const name of source.names()) {
      const other = owners.get(name);
      if (other !== undefined) {
        throw new LocRefError(
          "checkpoint-mismatch",
          `Weight "${name}" is in ${placeOf(other, name)} and in ${
            placeOf(source, name)
          }`,
        );
      }
      owners.set(name, source);
    }
  }
  const names = [...owners.keys()].sort();
  return {
    names: () => names,
    info: (name) => owners.get(name)?.info(name),
    read: async (name) => await found(owners.get(name), name).read(name),
  };
}

/** Values of one weight in memory, with the shape they have. */
export interface MemoryWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/**
 * Weights that lie in memory. Each read returns a copy.
 *
 * @throws {RangeError} if a shape and its number of values disagree.
 */
export function memoryWeights(
  weights: ReadonlyMap<string, MemoryWeight>,
): WeightSource {
  for (const { shape, data } of weights.values()) tensor(shape, data);
  const names = [...weights.keys()].sort();
  return {
    names: () => names,
    info(name) {
      const weight = weights.get(name);
      if (weight === undefined) return undefined;
      const { shape, data } = weight;
      const dtype = data instanceof Int32Array ? "I32" : "F32";
      return { dtype, shape, offset: 0, length: data.byteLength };
    },
    read: (name) =>
      Promise.resolve().then(() =>
        new Float32Array(found(weights.get(name), name).data)
      ),
  };
}

function found<V>(value: V | undefined, name: string): V {
  if (value !== undefined) return value;
  throw new LocRefError("checkpoint-mismatch", `There is no weight "${name}"`);
}

function placeOf(source: WeightSource, name: string): string {
  return source.info(name)?.file ?? "memory";
}
