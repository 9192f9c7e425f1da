import { flagOf } from "../core/command/option.ts";
import { LocRefError } from "../core/error.ts";
import { quotePath } from "../core/machine/system_error.ts";

/** The parts of a model that an option supplies: their names in messages, and the option. */
export const supplied: Readonly<Record<string, readonly [string, string]>> = {
  unet: ["UNet", "unet"],
  vae: ["VAE", "vae"],
  text_encoder: ["text encoder", "textEncoder"],
  text_encoder_2: ["second text encoder", "textEncoder2"],
};

/** Advice on a part in a file of its own: a base takes it in the place of its own. */
export function partUse(part: string): string {
  const option = supplied[part]![1];
  return `Load a base with it: LocRef.load(BASE, { ${option}: FILE }), or ${
    flagOf(option)
  } FILE`;
}

/**
 * The error about a part that a model lacks, with the option that supplies it.
 *
 * @param model The model's folder or file.
 * @param part Name of the part's folder in the layout of diffusers.
 * @param family Name of the model's family, where it is known.
 */
export function missingPart(
  model: string,
  part: string,
  family?: string,
): LocRefError {
  const [words, option] = supplied[part] ?? [part, undefined];
  const advice = option === undefined
    ? "take the whole model from where it was made"
    : `give one with the option ${option}, a folder, a file, or org/repo/file.safetensors`;
  return new LocRefError(
    "file-missing",
    `Model ${quotePath(model)}${
      family === undefined ? "" : ` (${family})`
    } holds no ${words}: ${advice}`,
  );
}
