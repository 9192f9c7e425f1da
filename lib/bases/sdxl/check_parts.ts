import { readsSizes } from "../sd/unet_config.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import type { ClipTextConfig } from "../../encoders/clip_text.ts";
import type { NamedPart, NamedProgram } from "../base.ts";
import { checkFit, checkPart } from "../check_part.ts";
import {
  checkChannels,
  namedParts as namedPartsOfSd,
} from "../sd/check_parts.ts";
import type { SdxlParts } from "./sdxl_parts.ts";

/** As much of a model as its parts are checked by. */
type Parts = Pick<SdxlParts, "text" | "text2" | "unet" | "vae">;

/** Numbers of which the UNet reads the sinusoids. */
const sizeNumbers = 6;

/** The parts of a Stable Diffusion XL model with what their files must be. */
export function namedParts(parts: Parts): NamedPart[] {
  const [text, ...others] = namedPartsOfSd(parts);
  return [
    { ...text!, ignore: [...text!.ignore ?? [], ...unread(parts.text.config)] },
    {
      ...parts.text2,
      name: "text_encoder_2",
      kinds: ["clip-text", "clip"],
      expected: "CLIP text encoder with its projection",
    },
    ...others,
  ];
}

/** The first encoder's state is read before its last layer, which files hold nevertheless. */
function unread({ num_hidden_layers: layers }: ClipTextConfig): RegExp[] {
  return [
    new RegExp(`^text_model\\.encoder\\.layers\\.${layers - 1}\\.`),
    /^text_model\.final_layer_norm\./,
  ];
}

/**
 * Compares the parts of a Stable Diffusion XL model with its programs and with each other.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming the part and what does not fit.
 */
export function checkSdxl(
  parts: Parts,
  programs: readonly NamedProgram[],
): void {
  const { text, text2, unet } = parts;
  if (!readsSizes(unet.config)) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `LocRef cannot use UNet ${
        quote(unet.folder)
      }: it reads no pooled text and sizes, as Stable Diffusion XL's does`,
    );
  }
  checkChannels(parts);
  for (const part of namedParts(parts)) {
    const own = programs.filter((one) => one.part === part.name);
    checkPart(part, own.map(({ program }) => program()));
  }
  checkWidths({ text, text2, unet });
}

function checkWidths({ text, text2, unet }: Omit<Parts, "vae">): void {
  const { cross_attention_dim: reads } = unet.config;
  const widths = [text, text2].map(({ config }) => config.hidden_size);
  checkFit(
    text.folder,
    `text of width ${widths[0]}, and "${text2.folder}" of width ${widths[1]}`,
    widths[0]! + widths[1]! === reads,
    `the UNet reads ${reads} of both together`,
  );
  const pooled = unet.config.projection_class_embeddings_input_dim! -
    sizeNumbers * unet.config.addition_time_embed_dim!;
  const { projection_dim } = text2.config;
  checkFit(
    text2.folder,
    `pooled text of width ${projection_dim}`,
    projection_dim === pooled,
    `the UNet reads ${pooled}`,
  );
}
