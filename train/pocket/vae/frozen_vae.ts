import { join } from "node:path";
import { vaeEncoderProgram } from "../../../lib/encoders/vae_encoder.ts";
import type { VaeConfig } from "../../../lib/encoders/vae_config.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { quote } from "../../../lib/core/quote.ts";
import type { Executor } from "../../../lib/ops/executor.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { parseVaeConfig } from "../../../lib/weights/configs/vae_config.ts";
import { readConfigFile } from "../../../lib/weights/configs/read_config_file.ts";
import { type FrozenPart, openFrozenPart } from "../stages/read_part.ts";

/** A trained VAE encoder. */
export interface FrozenVae extends FrozenPart {
  readonly config: VaeConfig;
  /** Side of the pictures, in pixels: that of those it was trained on. */
  readonly side: number;
}

/** Loads the encoder of a VAE folder. */
export async function openVae(
  executor: Executor,
  folder: string,
): Promise<FrozenVae> {
  const path = join(folder, "config.json");
  const file = await readConfigFile(path);
  const { config } = parseVaeConfig(file, { file: path });
  const { sample_size: side } = file as { sample_size?: unknown };
  if (typeof side !== "number") {
    throw new LocRefError(
      "config-invalid",
      `${quote(path)} must name the side of its pictures as sample_size, got ${
        quote(side)
      }`,
    );
  }
  const weights = join(folder, "diffusion_pytorch_model.safetensors");
  const program = vaeEncoderProgram(config, { height: side, width: side });
  const part = await openFrozenPart(executor, weights, program);
  return { config, side, ...part };
}

/**
 * Means of the latents of pictures `[3, side, side]` (0..1), times the scaling factor:
 * `[N, latent_channels, side / factor, side / factor]`.
 */
export async function encodeLatents(
  { config, side, runner }: Pick<FrozenVae, "config" | "side" | "runner">,
  pictures: readonly Float32Array[],
): Promise<Tensor> {
  const pixels = new Float32Array(pictures.length * pictures[0]!.length);
  for (const [n, picture] of pictures.entries()) {
    pixels.set(picture.map((value) => 2 * value - 1), n * picture.length);
  }
  const picture = tensor([pictures.length, 3, side, side], pixels);
  const { mean } = await runner.run({ picture });
  const data = (mean!.data as Float32Array).map((value) =>
    value * config.scaling_factor
  );
  return tensor(mean!.shape, data);
}
