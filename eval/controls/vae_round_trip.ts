import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import { parseVaeConfig } from "../../lib/weights/configs/vae_config.ts";
import { readConfigFile } from "../../lib/weights/configs/read_config_file.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { openCodec } from "../../train/pocket/vae/open_codec.ts";
import type { ControlScene } from "./control_scene.ts";

/**
 * True pictures encoded and decoded by the VAE of a model's folder: the best that its UNet can reach.
 *
 * @throws {LocRefError} `config-invalid` if pictures are not square.
 */
export async function vaeRoundTrip(
  folder: string,
  scenes: readonly ControlScene[],
): Promise<Float32Array[]> {
  const { width: side, height } = scenes[0]!.size;
  if (side !== height) {
    throw new LocRefError(
      "config-invalid",
      `The VAE's round trip is measured on square pictures, these have ${side} × ${height} pixels`,
    );
  }
  const file = join(folder, "vae", "config.json");
  const { config } = parseVaeConfig(await readConfigFile(file), { file });
  const source = await openSafetensors(
    join(folder, "vae", "diffusion_pytorch_model.safetensors"),
  );
  const { executor } = await openExecutor("auto");
  try {
    const codec = await openCodec(executor, source, { config, side });
    const { mean } = await codec.encode(scenes.map(({ picture }) => picture));
    const pictures = await codec.decode(mean);
    await codec.dispose();
    return pictures;
  } finally {
    await executor.dispose();
  }
}
