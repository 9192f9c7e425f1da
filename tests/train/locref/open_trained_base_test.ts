import { assert, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { listAllWeights } from "../../../lib/ops/list_weights.ts";
import { parseUnetConfig } from "../../../lib/weights/configs/unet_config.ts";
import { unetPrograms } from "../../../lib/bases/sd/unet_programs.ts";
import { writeHostWeights } from "../../../train/loop/host_weights.ts";
import { initialWeights } from "../../../train/loop/initial_weights.ts";
import { openTrainedBase } from "../../../train/locref/open_trained_base.ts";
import { withTempDir } from "../temp_dir.ts";

const tiny = fromFileUrl(new URL("../../goldens/sd-tiny", import.meta.url));

/** The tiny model with a UNet of other settings, opened for training. */
async function openWith(change: Record<string, unknown>): Promise<void> {
  await withTempDir(async (dir) => {
    for (const one of ["text_encoder", "tokenizer", "vae", "scheduler"]) {
      await Deno.symlink(join(tiny, one), join(dir, one));
    }
    const unet = join(dir, "unet");
    await Deno.mkdir(unet);
    const file = join("unet", "config.json");
    const settings = {
      ...JSON.parse(await Deno.readTextFile(join(tiny, file))),
      ...change,
    };
    await Deno.writeTextFile(join(dir, file), JSON.stringify(settings));
    const { config } = parseUnetConfig(settings, { file });
    const shapes = listAllWeights(
      unetPrograms(config, { size: { height: 8, width: 8 } }),
    );
    await writeHostWeights(
      join(unet, "diffusion_pytorch_model.safetensors"),
      initialWeights(shapes, { seed: 0 }),
    );
    await openTrainedBase({ base: dir, adapters: [], loras: [] }, {});
  });
}

Deno.test("a model for inpainting is refused for training", async () => {
  const error = await assertRejects(
    () => openWith({ in_channels: 9 }),
    LocRefError,
    "a mask and a kept picture",
  );
  assert(error.message.length < 600);
});

Deno.test("a model that was distilled with its guidance is refused for training", async () => {
  await assertRejects(
    () => openWith({ time_cond_proj_dim: 16 }),
    LocRefError,
    "it reads the guidance",
  );
});
