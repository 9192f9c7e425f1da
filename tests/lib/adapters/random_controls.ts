/** Controls with random weights that fit the tiny model of the golden files. */

import { fromFileUrl, join } from "@std/path";
import { controlnetPrograms } from "../../../lib/adapters/controlnet/controlnet.ts";
import { t2iAdapterProgram } from "../../../lib/adapters/t2i_adapter/t2i_adapter.ts";
import { listAllWeights } from "../../../lib/ops/list_weights.ts";
import { parseControlnetConfig } from "../../../lib/weights/configs/controlnet_config.ts";
import { parseT2iAdapterConfig } from "../../../lib/weights/configs/t2i_adapter_config.ts";
import { writeRandom } from "./random_adapter.ts";

const size = { height: 8, width: 8 };
const unet = fromFileUrl(
  new URL("../../goldens/sd-tiny/unet/config.json", import.meta.url),
);

/** Writes a ControlNet's folder; `changes` are keys of its config. */
export async function writeControlnet(
  folder: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { up_block_types: _, ...half } = JSON.parse(
    await Deno.readTextFile(unet),
  );
  const value = {
    ...half,
    _class_name: "ControlNetModel",
    conditioning_embedding_out_channels: [8, 8, 8, 8],
    ...changes,
  };
  const { config } = parseControlnetConfig(value, { file: folder });
  const programs = controlnetPrograms(config, size);
  return await writeFolder(folder, value, listAllWeights(programs));
}

/** Writes a T2I-Adapter's folder; `changes` are keys of its config. */
export async function writeT2iAdapter(
  folder: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const value = {
    _class_name: "T2IAdapter",
    channels: [32, 64, 64, 64],
    num_res_blocks: 1,
    ...changes,
  };
  const { config } = parseT2iAdapterConfig(value, { file: folder });
  const programs = Object.fromEntries(
    config.channels.map((_, level) => [
      `${level}`,
      () => t2iAdapterProgram(config, level, size),
    ]),
  );
  return await writeFolder(folder, value, listAllWeights(programs));
}

async function writeFolder(
  folder: string,
  config: object,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(config));
  await writeRandom(
    join(folder, "diffusion_pytorch_model.safetensors"),
    shapes,
  );
  return folder;
}
