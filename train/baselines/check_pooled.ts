import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import type { FrozenModels } from "./adapter_training.ts";

/**
 * Makes sure that the vector of a phrase is as wide as text, which an adapter puts both in one place.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if the base has none, or one of another width.
 */
export function checkPooled(
  { base }: Pick<FrozenModels, "base">,
  reader: string,
): void {
  const encoders = base.parts.filter(({ name }) => /^text_encoder/.test(name));
  if (encoders.length === 1) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `${reader} reads phrases of the width of text, ${base.textWidth}, and ${
      quote(base.folder)
    } has ${encoders.length} text encoders: train it on Stable Diffusion 1.x or 2.x`,
  );
}
