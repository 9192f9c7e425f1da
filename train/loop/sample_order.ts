import { random } from "../../lib/core/random.ts";

/** Which sample of the data comes at one place of a run. */
export interface SamplePlace {
  /** Place in the run: 0, 1, 2, … */
  readonly number: number;
  /** How often all data were seen before. */
  readonly epoch: number;
  /** Index into the data. */
  readonly index: number;
}

/** The order in which samples come, as a function of their place in the run alone. */
export interface SampleOrder {
  /** The sample at place `number`. */
  at(number: number): SamplePlace;
}

/**
 * Every epoch in an order of its own, which depends on `seed` and the epoch only.
 *
 * @param length number of samples in the data; `Infinity` for data made on the fly, where index
 * and place are one.
 */
export function sampleOrder(length: number, seed: number): SampleOrder {
  if (!(length > 0)) {
    throw new RangeError(`Data for training are empty (${length} samples)`);
  }
  if (length === Infinity) {
    return { at: (number) => ({ number, epoch: 0, index: number }) };
  }
  let shuffled: { epoch: number; order: Uint32Array } | undefined;
  return {
    at(number) {
      const epoch = Math.floor(number / length);
      if (shuffled?.epoch !== epoch) {
        shuffled = { epoch, order: shuffle(length, seed, epoch) };
      }
      return { number, epoch, index: shuffled.order[number % length]! };
    },
  };
}

/** Fisher and Yates's shuffle of 0 … length − 1. */
function shuffle(length: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  const stream = random(seed, "order", epoch);
  for (let i = length - 1; i > 0; i--) {
    const j = stream.integer(i + 1);
    const other = order[j]!;
    order[j] = order[i]!;
    order[i] = other;
  }
  return order;
}
