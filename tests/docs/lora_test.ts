/** The lines of `docs/lora.md` on the pocket model and small files. */

import { assert } from "@std/assert";
import { join } from "@std/path";
import { loadedModel, LocRef } from "../../lib/model/locref.ts";
import { values, writeTensors } from "../lib/weights/lora/tiny_base.ts";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { blocksOf, runCode, runLines, withNames } from "./run_page.ts";

const base = "stable-diffusion-v1-5/stable-diffusion-v1-5";
const star =
  new URL("../../examples/assets/star.png", import.meta.url).pathname;

Deno.test("the page's program and command with LoRAs run", async () => {
  await inTempDir(async (dir) => {
    for (const name of ["style", "lcm", "detail"]) {
      await writeLora(join(dir, `${name}.safetensors`));
    }
    const [program] = await blocksOf("lora.md", "ts ignore");
    await runCode(
      withNames(program!, {
        [base]: "pocket",
        "latent-consistency/lcm-lora-sdv1-5/pytorch_lora_weights.safetensors":
          "lcm.safetensors",
        "steps: 6": "steps: 1",
      }),
      dir,
    );
    assert((await Deno.stat(join(dir, "apple.png"))).size > 0);
    await Deno.writeTextFile(
      join(dir, "scene.json"),
      '{"caption": "a red apple"}',
    );
    const [lines] = await blocksOf("lora.md", "sh");
    await runLines(withNames(lines!, { [base]: "pocket --steps 1" }), dir);
    assert((await Deno.stat(join(dir, "out.png"))).size > 0);
  });
});

Deno.test("the page's program with an instance's LoRA runs", async () => {
  await inTempDir(async (dir) => {
    await writeLora(join(dir, "pixel_art.safetensors"));
    await Deno.copyFile(star, join(dir, "cat.png"));
    await Deno.copyFile(star, join(dir, "other_cat.png"));
    const [, program] = await blocksOf("lora.md", "ts ignore");
    await runCode(
      withNames(program!, {
        [base]: "pocket",
        '  adapter: "adapter.safetensors",\n': "",
        '  imageEncoder: "image_encoder",\n': "",
        "scene(512, 512)": "scene(64, 64)",
        "generate({ model })": "generate({ model, steps: 1 })",
      }),
      dir,
    );
  });
});

/** A LoRA of the pocket model's first keys of text. */
async function writeLora(path: string): Promise<void> {
  const layer = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k";
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const unet = loadedModel(model).parts.base.parts.find(({ name }) =>
    name === "unet"
  )!;
  const [rows, columns] = unet.weights.info(`${layer}.weight`)!.shape;
  await writeTensors(path, {
    [`unet.${layer}.lora_A.weight`]: [[1, columns!], values(columns!, 1)],
    [`unet.${layer}.lora_B.weight`]: [[rows!, 1], values(rows!, 2)],
  });
}
