import { checkObject } from "./known_keys.ts";
import type { Kind } from "./kinds.ts";
import { quote } from "./quote.ts";

/** A list that programs can add to. */
export interface Registry<T> extends Iterable<T> {
  /**
   * Adds an entry.
   *
   * @throws {TypeError} if its name is taken, or it lacks what an entry has.
   */
  add(entry: T): void;
}

/** Rules of a registry for its entries. */
export interface RegistryOptions<T> {
  /** The method that adds, in messages, such as `samplers.add`. */
  readonly of: string;
  /** An entry in one word, such as `Sampler`. */
  readonly entry: string;
  /** The name of an entry. */
  readonly nameOf: (entry: T) => string;
  /** Members that an entry must have. */
  readonly needs: Readonly<Partial<Record<keyof T, Kind>>>;
  /** Whether what is added comes before what exists, as where the first that fits is taken. @default {false} */
  readonly first?: boolean;
}

/**
 * A list that programs can add to; what is no entry is refused before it can fail in the middle of a
 * run.
 */
export function registry<T extends object>(
  builtIn: Iterable<T>,
  { of, entry, nameOf, needs, first = false }: RegistryOptions<T>,
): Registry<T> {
  const all = [...builtIn];
  return {
    [Symbol.iterator]: () => all[Symbol.iterator](),
    add(added) {
      checkObject(added, of);
      for (const [key, kind] of Object.entries(needs) as [keyof T, Kind][]) {
        const value = added[key];
        if (kind.is(value) && (kind.allows?.(value as never) ?? true)) continue;
        throw new TypeError(
          `Option ${String(key)} of ${of} must be ${kind.must}, got ${
            quote(value)
          }`,
        );
      }
      const name = nameOf(added);
      if (all.some((one) => nameOf(one) === name)) {
        throw new TypeError(`${entry} ${quote(name)} exists already`);
      }
      if (first) all.unshift(added);
      else all.push(added);
    },
  };
}

/** A list. */
export const list: Kind = { must: "a list", is: Array.isArray };
