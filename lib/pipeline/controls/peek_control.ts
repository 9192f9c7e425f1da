/** Controls on the hub are judged by their headers and configs before their weights are fetched. */

import { refuseControl } from "../../adapters/controls/refuse_control.ts";
import { currentControlnetNames } from "../../adapters/controls/open_control.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import type { FetchFileOptions } from "../../weights/hub/hub.ts";
import { peekConfig, peekHeader } from "../../weights/hub/peek.ts";
import { baseOf, viewOf } from "../../weights/identify/weight_identity.ts";
import { isSafetensorsName } from "../../weights/safetensors/safetensors_name.ts";
import { refuseOtherKind } from "../../weights/refuse_kind.ts";
import { refuseUnread } from "../../weights/unread_types.ts";

/** A control, and the base that it shall act on. */
export interface PeekControlOptions extends FetchFileOptions {
  /** The control in messages, such as `Control 1 ("org/repo")`. */
  readonly name: string;
  /** Width of the text that the base reads. */
  readonly textWidth: number;
}

/**
 * Refuses a network that is no control of Stable Diffusion, or one for another base, before its weights
 * are fetched. T2I-Adapters read no text, so that they are judged after loading.
 *
 * @param model folder or file, on this machine or on the hub.
 * @throws {LocRefError} `checkpoint-mismatch`, naming the control.
 */
export async function refuseOtherControl(
  model: string,
  { name, textWidth, ...options }: PeekControlOptions,
): Promise<void> {
  const reads = isSafetensorsName(model)
    ? await widthInFile(model, options)
    : await widthInFolder(model, options);
  if (reads === undefined || reads === textWidth) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `${name} is for another base: it reads text of width ${reads}${
      wordsOf(reads)
    }, and the model's has ${textWidth}${wordsOf(textWidth)}`,
  );
}

function wordsOf(width: number): string {
  const words = baseOf(width);
  return words?.startsWith("Stable Diffusion") ? ` (${words})` : "";
}

async function widthInFile(
  model: string,
  options: FetchFileOptions,
): Promise<number | undefined> {
  const file = (await peekHeader(model, options))?.value;
  if (file === undefined) return undefined;
  refuseUnread(model, file.names().map((one) => [one, file.info(one)!]));
  refuseControl(`File ${quote(model)}`, { names: file.names() });
  refuseOtherKind(file, {
    kinds: ["controlnet"],
    file: `File ${quote(model)}`,
    expected: "ControlNet",
  });
  const weights = currentControlnetNames(file);
  const { find, dim } = viewOf({ ...weights, metadata: {} });
  const read = find(/attn2\.to_k\.weight$/);
  return read === undefined ? undefined : dim(read, 1);
}

async function widthInFolder(
  model: string,
  options: FetchFileOptions,
): Promise<number | undefined> {
  const found = await peekConfig(model, "config.json", options);
  if (found === undefined) return undefined;
  const { _class_name: className, cross_attention_dim: width } = found.value;
  refuseControl(`Folder ${quote(model)}`, { className });
  return className === "ControlNetModel" && typeof width === "number"
    ? width
    : undefined;
}
