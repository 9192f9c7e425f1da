/** The lines of `docs/references.md` on small models. */

import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { AppearanceNetShape } from "../../lib/adapters/locref/appearance_net.ts";
import { openBase } from "../../lib/bases/bases.ts";
import {
  freshFits,
  initialAdapter,
  writeAdapter,
} from "../../train/locref/adapter_weights.ts";
import { denoiserWeights } from "../../train/locref/open_trained_base.ts";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { blocksOf, runCode, withNames } from "./run_page.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const asset = (name: string) => join(root, "examples/assets", name);
const golden = (name: string) => join(root, "tests/goldens", name);

Deno.test("the page's program with several pictures runs on the pocket model", async () => {
  await inTempDir(async (dir) => {
    const [program] = await blocksOf("references.md", "ts");
    await runCode(
      withNames(program!, {
        "examples/assets/star.png": asset("star.png"),
        "examples/assets/backpack.png": asset("backpack.png"),
        "steps: 2": "steps: 1",
      }),
      dir,
    );
  });
});

Deno.test("the page's program for Stable Diffusion XL runs on a small one", async () => {
  await inTempDir(async (dir) => {
    for (const name of ["cat.png", "other_cat.png", "blurry.png"]) {
      await Deno.copyFile(asset("star.png"), join(dir, name));
    }
    const base = await openBase(golden("sdxl-tiny"));
    const shape: AppearanceNetShape = {
      kind: "locref",
      input: "pooled",
      tokens: 4,
      ...{ inputWidth: 64, hiddenWidth: 64, width: base.textWidth },
    };
    const weights = await initialAdapter(
      { layers: base, weights: denoiserWeights(base) },
      shape,
      0,
    );
    const adapter = join(dir, "adapter.safetensors");
    const encoder = golden("clip-vision-gelu");
    await writeAdapter(adapter, weights, {
      ...{ base: "sdxl-tiny", encoder, shape },
      ...freshFits(base),
    });
    const [program] = await blocksOf("references.md", "ts ignore");
    await runCode(
      withNames(program!, {
        "stabilityai/stable-diffusion-xl-base-1.0": golden("sdxl-tiny"),
        "h94/IP-Adapter/sdxl_models/ip-adapter-plus_sdxl_vit-h.safetensors":
          adapter,
        "h94/IP-Adapter/models/image_encoder": encoder,
        "scene(1024, 1024)": "scene(64, 64)",
        "seed: 1": "seed: 1, steps: 1",
      }),
      dir,
    );
    assert((await Deno.stat(join(dir, "cat_on_sofa.png"))).size > 0);
  });
});
