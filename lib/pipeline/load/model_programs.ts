import { locrefPrograms } from "../../adapters/locref/locref_programs.ts";
import { unetPrograms } from "../../bases/sd/unet_programs.ts";
import type { UnetProgramOptions } from "../../bases/sd/unet_program.ts";
import { clipImageProgram } from "../../encoders/clip_image.ts";
import { clipTextProgram } from "../../encoders/clip_text.ts";
import { vaePrograms } from "../../encoders/vae_programs.ts";
import type { Program, WeightSource } from "../../ops/executor.ts";
import type { ModelParts } from "./model_parts.ts";

/** The parts of a model, each with weights of its own. */
export type PartName = "text" | "unet" | "vae" | "image" | "adapter";

/** One program of a model. */
export interface NamedProgram {
  /** Name for messages, runners and exported files, such as `text_encoder`. */
  readonly name: string;
  readonly part: PartName;
  readonly weights: WeightSource;
  /** Makes the program. */
  readonly program: () => Program;
}

/**
 * Every program that a model consists of, for latents and adapters of the form: the one list that
 * runs, checks and exports read.
 */
export function modelPrograms(
  { base, adapter, imageEncoder }: ModelParts,
  form: UnetProgramOptions,
): NamedProgram[] {
  const list: NamedProgram[] = [];
  const add = (
    part: PartName,
    weights: WeightSource,
    programs: Readonly<Record<string, () => Program>>,
  ) => {
    for (const [name, program] of Object.entries(programs)) {
      list.push({ name, part, weights, program });
    }
  };
  const { text, unet, vae } = base;
  const denoiser = unetPrograms(unet.config, form);
  add("text", text.weights, {
    text_encoder: () => clipTextProgram(text.config),
  });
  add("unet", unet.weights, { text_key_value: denoiser.text_key_value });
  if (imageEncoder) {
    const { config, weights } = imageEncoder;
    add("image", weights, { image_encoder: () => clipImageProgram(config) });
  }
  if (adapter) {
    add("adapter", adapter.weights, locrefPrograms(adapter.shape, unet.config));
  }
  add("unet", unet.weights, { unet: denoiser.unet });
  add("vae", vae.weights, vaePrograms(vae.config, form.size));
  return list;
}
