import { quote } from "./quote.ts";

/**
 * Refuses arguments beyond those that a function takes, since JavaScript drops them in silence: the
 * options in `generate({ model }, { seed: 3 })` would not act.
 *
 * @param given The function's `arguments`.
 * @param call The function as messages show it, such as `generate(options)`.
 * @param most How many arguments it takes.
 * @throws {TypeError} that names the first argument too many.
 */
export function checkArguments(
  given: ArrayLike<unknown>,
  call: string,
  most: number,
): void {
  if (given.length <= most) return;
  throw new TypeError(
    `Call ${call} takes no further argument, got ${quote(given[most])}`,
  );
}
