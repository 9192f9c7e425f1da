import { join } from "node:path";
import { vaeFactor } from "../../encoders/vae_config.ts";
import { loadedModel, type LocRef } from "../../model/locref.ts";
import type { LoadedModel } from "../../pipeline/load/loaded_model.ts";
import { pocketFolder } from "../../pipeline/load/pocket_folder.ts";
import { latentSize } from "../../pipeline/prepare/prepare_scene.ts";
import type { SceneGrid } from "../../pipeline/prepare/scene_warnings.ts";
import { renderSize } from "../../pipeline/prepare/render_size.ts";
import { readJson } from "../../core/files/read_json.ts";
import { attentionSizes } from "../../bases/sd/cross_attention_layers.ts";
import { stableDiffusion15 } from "../../bases/sd/stable_diffusion_15.ts";
import type { UnetConfig } from "../../bases/sd/unet_config.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";

/** A model as far as its masks depend on it: loaded, the embedded one, or any Stable Diffusion 1.5. */
export type GridModel = LocRef | "pocket" | "sd15";

/** The grid of a scene on a model, which need not be loaded. */
export async function attentionGrid(
  scene: SceneData,
  model: GridModel = "pocket",
): Promise<SceneGrid> {
  const { config, factor } = await configOf(model);
  const side = config.sample_size * factor;
  const shape = {
    nativeSize: { height: side, width: side },
    latentFactor: factor,
    parts: { base: { unet: { config } } },
  };
  const picture = renderSize(shape as unknown as LoadedModel, scene);
  return { picture, cells: attentionSizes(config, latentSize(shape, picture)) };
}

async function configOf(
  model: GridModel,
): Promise<{ config: UnetConfig; factor: number }> {
  if (model === "sd15") {
    return { config: stableDiffusion15, factor: 8 };
  }
  if (model !== "pocket") {
    return {
      config: loadedModel(model).parts.base.unet.config,
      factor: model.latentFactor,
    };
  }
  const folder = await pocketFolder();
  return {
    config: await readJson(join(folder, "unet", "config.json")),
    factor: vaeFactor(await readJson(join(folder, "vae", "config.json"))),
  };
}
