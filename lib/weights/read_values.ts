import type { WeightSource } from "../ops/executor.ts";

/**
 * A reader of parts of a weight: it fills an array with the values from `start` on. Sources that
 * cannot read parts are read once as a whole.
 */
export async function readValues(
  source: WeightSource,
  name: string,
): Promise<(start: number, into: Float32Array<ArrayBuffer>) => Promise<void>> {
  const { readInto } = source;
  if (readInto !== undefined) {
    return async (start, into) => await readInto(name, start, into);
  }
  const whole = await source.read(name);
  return (start, into) => {
    into.set(whole.subarray(start, start + into.length));
    return Promise.resolve();
  };
}
