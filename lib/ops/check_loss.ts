/** Checks of a batch and of what a loss returns: losses and data may be a user's own. */

import { suggestion } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";
import { sizeOf, type Tensor } from "../core/tensor.ts";
import type { Values } from "./executor.ts";
import type { LossProgram } from "./loss_program.ts";

/**
 * Checks that a batch holds all that a loss reads.
 *
 * @throws {TypeError} that names a value which is missing, or of another type.
 * @throws {RangeError} if a value is empty, or has not the number of elements of its shape.
 */
export function checkBatch(
  { name, inputs }: LossProgram,
  batch: Values<Tensor>,
): void {
  for (const [key, kind] of Object.entries(inputs)) {
    const value: Tensor | undefined = batch[key];
    if (value === undefined) {
      throw new TypeError(
        `A batch of ${quote(name)} lacks ${quote(key)}, it has ${
          quote(Object.keys(batch))
        }`,
      );
    }
    const { shape, data } = value;
    const what = `${quote(key)} of a batch of ${quote(name)}`;
    if (!(data instanceof (kind === "ids" ? Int32Array : Float32Array))) {
      throw new TypeError(
        `${what} must be ${
          kind === "ids" ? "an Int32Array" : "a Float32Array"
        }, got ${quote(data)}`,
      );
    }
    if (data.length === 0 || data.length !== sizeOf(shape)) {
      const has = data.length === 0 ? "is empty" : `has ${data.length} values`;
      throw new RangeError(`${what} ${has}, its shape is ${quote(shape)}`);
    }
  }
}

/**
 * Checks that a loss or a metric is one number, since derivatives of several would be added in silence.
 *
 * @throws {RangeError} that names it and its shape.
 */
export function checkNumber(
  { name }: LossProgram,
  value: string,
  shape: readonly unknown[],
): void {
  if (shape.every((length) => length === 1)) return;
  throw new RangeError(
    `${quote(value)} of ${quote(name)} must be one number, got the shape ${
      quote(shape)
    }: take its mean`,
  );
}

/**
 * Refuses a name that is no input of floats.
 *
 * @throws {RangeError} that names the inputs there are.
 */
export function checkInput({ name, inputs }: LossProgram, by: string): void {
  const known = Object.keys(inputs).filter((one) => inputs[one] !== "ids");
  if (known.includes(by)) return;
  throw new RangeError(
    `"${name}" has no input ${
      quote(by)
    } that a derivative can be taken by, only ${known.join(", ")}${
      suggestion(by, known)
    }`,
  );
}
