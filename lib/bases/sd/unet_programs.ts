import type { Program } from "../../ops/executor.ts";
import { textKeyValueProgram } from "./key_value_programs.ts";
import type { UnetConfig } from "./unet_config.ts";
import { unetProgram } from "./unet_program.ts";
import type { DenoiserForm, DenoiserShape } from "../denoiser_shape.ts";
import { attentionLayers } from "./attention_sites.ts";
import { unetRows } from "./unet_rows.ts";

/** The programs that read a UNet's weights, by name. */
export function unetPrograms(
  config: UnetConfig,
  form: DenoiserForm,
): Readonly<Record<"unet" | "text_key_value", () => Program>> {
  return {
    unet: () => unetProgram(config, form),
    text_key_value: () => textKeyValueProgram(config, form.adapters),
  };
}

/** A UNet without its weights. */
export function unetShape(config: UnetConfig): DenoiserShape {
  return {
    ...attentionLayers(config),
    programs: (form) =>
      Object.values(unetPrograms(config, form)).map((program) => program()),
    step: (form) => unetProgram(config, form),
    textKeyValues: ({ adapters }) => textKeyValueProgram(config, adapters),
    rowInputs: (rows) => unetRows(config, rows),
  };
}
