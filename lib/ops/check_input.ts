import { suggestion } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";
import type { LossProgram } from "./loss_program.ts";

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
