import { type Option, size } from "../lib/core/command/option.ts";
import type { Size } from "../lib/core/geometry.ts";

/** Option `--sizes 128x96,96x128`: sizes in pixels, which scenes take in turns. */
export function sizesOption(
  otherwise: string,
): Option<readonly Size[] | undefined> {
  const one = size("sizes in pixels, which scenes take in turns", {
    value: "WIDTHxHEIGHT,…",
    otherwise,
  });
  return {
    ...one,
    default: undefined,
    read: (given, label) =>
      given.at(-1)!.split(",").map((text) => one.read([text], label)!),
  };
}
