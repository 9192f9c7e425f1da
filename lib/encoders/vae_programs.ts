import type { Size } from "../core/geometry.ts";
import type { Program } from "../ops/executor.ts";
import { type VaeConfig, vaeFactor } from "./vae_config.ts";
import { vaeDecoderProgram } from "./vae_decoder.ts";
import { vaeEncoderProgram } from "./vae_encoder.ts";

/** The programs that read a VAE's weights, by name, for latents of `size`. */
export function vaePrograms(
  config: VaeConfig,
  size: Size,
): Readonly<Record<"vae_encoder" | "vae_decoder", () => Program>> {
  const factor = vaeFactor(config);
  const picture = { height: size.height * factor, width: size.width * factor };
  return {
    vae_encoder: () => vaeEncoderProgram(config, picture),
    vae_decoder: () => vaeDecoderProgram(config, size),
  };
}
