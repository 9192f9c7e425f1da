import { join } from "node:path";
import {
  vaeEncode,
  vaeEncoderProgram,
} from "../../../lib/encoders/vae_encoder.ts";
import type { VaeConfig } from "../../../lib/encoders/vae_config.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { upload } from "../../../lib/ops/tfjs/layout.ts";
import { tfjsOps } from "../../../lib/ops/tfjs/ops.ts";
import { parseVaeConfig } from "../../../lib/weights/configs/vae_config.ts";
import { readConfigFile } from "../../../lib/weights/configs/read_config_file.ts";
import type { Tf } from "../../loop/tf.ts";
import { type FrozenPart, openFrozenPart } from "./read_part.ts";

/** A trained VAE encoder on the training device. */
export interface FrozenVae extends FrozenPart {
  readonly config: VaeConfig;
}

/** Loads the encoder of a VAE folder. */
export async function openVae(tf: Tf, folder: string): Promise<FrozenVae> {
  const path = join(folder, "config.json");
  const { config } = parseVaeConfig(await readConfigFile(path), { file: path });
  const weights = join(folder, "diffusion_pytorch_model.safetensors");
  const program = vaeEncoderProgram(config, { height: 64, width: 64 });
  return { config, ...await openFrozenPart(tf, weights, program) };
}

/**
 * Means of the latents of pictures `[3, side, side]` (0..1), times the scaling factor:
 * `[N, latent_channels, side / factor, side / factor]`.
 */
export function encodeLatents(
  tf: Tf,
  { config, params }: Pick<FrozenVae, "config" | "params">,
  pictures: readonly Float32Array[],
): Tensor {
  const side = Math.sqrt(pictures[0]!.length / 3);
  const pixels = new Float32Array(pictures.length * pictures[0]!.length);
  for (const [n, picture] of pictures.entries()) {
    pixels.set(picture.map((value) => 2 * value - 1), n * picture.length);
  }
  const latents = tf.tidy(() => {
    const input = upload(
      tf,
      tensor([pictures.length, 3, side, side], pixels),
      "image",
    );
    const size = { height: side, width: side };
    const { mean } = vaeEncode(tfjsOps(tf), params, input, config, size);
    return tf.transpose(tf.mul(mean, config.scaling_factor), [0, 3, 1, 2]);
  });
  const data = Float32Array.from(latents.dataSync());
  const { shape } = latents;
  latents.dispose();
  return tensor(shape, data);
}
