import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { differenceSize, kindOf } from "./difference.ts";
import type { LoraFile } from "./lora_file.ts";

/**
 * Makes sure that each layer of a LoRA has all its tensors, and that they fit one another. Reads no
 * values and knows no base.
 *
 * @throws {LocRefError} naming the first tensor of the first layer that is broken.
 */
export function checkLayers({ layers, source, path }: LoraFile): void {
  for (const tensors of layers.values()) {
    const kind = kindOf(tensors, path);
    if (kind === undefined) continue;
    const one = { kind, file: path, source, tensors };
    const own = { ...one, scale: 1, headerFactor: () => undefined };
    if (differenceSize(own) !== undefined) continue;
    throw new LocRefError(
      "checkpoint-mismatch",
      `LoRA ${quote(path)} does not fit: ${
        quote([...tensors.values()][0])
      } and the tensors beside it do not fit one another`,
    );
  }
}
