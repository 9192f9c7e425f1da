import type { Program } from "../../ops/executor.ts";
import { textKeyValueProgram } from "./key_value_programs.ts";
import type { UnetConfig } from "./unet_config.ts";
import { unetProgram, type UnetProgramOptions } from "./unet_program.ts";

/** The programs that read a UNet's weights, by name. */
export function unetPrograms(
  config: UnetConfig,
  form: UnetProgramOptions,
): Readonly<Record<"unet" | "text_key_value", () => Program>> {
  return {
    unet: () => unetProgram(config, form),
    text_key_value: () => textKeyValueProgram(config),
  };
}
