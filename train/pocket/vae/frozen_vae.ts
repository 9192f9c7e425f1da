import { join } from "node:path";
import { vaeEncoderProgram } from "../../../lib/encoders/vae_encoder.ts";
import type { VaeConfig } from "../../../lib/encoders/vae_config.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { quote } from "../../../lib/core/quote.ts";
import type { Size } from "../../../lib/core/geometry.ts";
import { sizeKey } from "../../../lib/core/size_key.ts";
import type { Executor, Runner } from "../../../lib/ops/executor.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { parseVaeConfig } from "../../../lib/weights/configs/vae_config.ts";
import { readConfigFile } from "../../../lib/weights/configs/read_config_file.ts";
import { type FrozenPart, openFrozenPart } from "../stages/read_part.ts";

/** A trained VAE encoder. */
export interface FrozenVae {
  readonly config: VaeConfig;
  /** Side of the pictures that it was trained on, in pixels. */
  readonly side: number;
  /** The encoder for pictures of a size, compiled when it is needed first. */
  readonly at: (size: Size) => Promise<Runner>;
  readonly dispose: () => Promise<void>;
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
  const parts = new Map<string, Promise<FrozenPart>>();
  return {
    config,
    side,
    at: async (size) => {
      const key = sizeKey(size);
      const known = parts.get(key) ??
        openFrozenPart(executor, weights, vaeEncoderProgram(config, size));
      parts.set(key, known);
      return (await known).runner;
    },
    dispose: async () => {
      for (const part of parts.values()) await (await part).dispose();
    },
  };
}

/**
 * Means of the latents of pictures `[3, height, width]` (0..1), times the scaling factor:
 * `[N, latent_channels, height / factor, width / factor]`.
 */
export async function encodeLatents(
  { config, at }: Pick<FrozenVae, "config" | "at">,
  pictures: readonly Float32Array[],
  { height, width }: Size,
): Promise<Tensor> {
  const pixels = new Float32Array(pictures.length * pictures[0]!.length);
  for (const [n, picture] of pictures.entries()) {
    pixels.set(picture.map((value) => 2 * value - 1), n * picture.length);
  }
  const picture = tensor([pictures.length, 3, height, width], pixels);
  const runner = await at({ height, width });
  const { mean } = await runner.run({ picture });
  const data = (mean!.data as Float32Array).map((value) =>
    value * config.scaling_factor
  );
  return tensor(mean!.shape, data);
}
