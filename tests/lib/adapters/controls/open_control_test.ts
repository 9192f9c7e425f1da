import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  currentControlnetNames,
  openControl,
} from "../../../../lib/adapters/controls/open_control.ts";
import { memoryWeights } from "../../../../lib/weights/weight_sources.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import { writeControlnet } from "../random_controls.ts";

Deno.test("a file in a ControlNet's folder is read by the config beside it", async () => {
  await inTempDir(async (dir) => {
    const folder = await writeControlnet(dir, { norm_num_groups: 8 });
    const file = join(folder, "diffusion_pytorch_model.safetensors");
    const { config } = await openControl(file);
    assertEquals(config, (await openControl(folder)).config);
    const other = join(dir, "my_net.safetensors");
    await Deno.rename(file, other);
    const inferred = (await openControl(other)).config;
    assertEquals("norm_num_groups" in inferred && inferred.norm_num_groups, 32);
  });
});

/** Half a UNet without attention, as in small ControlNets of SDXL. */
const small = {
  down_block_types: Array(4).fill("DownBlock2D"),
  mid_block_type: "UNetMidBlock2D",
  transformer_layers_per_block: [1, 1, 1, 1],
};

Deno.test("small ControlNets, which attend to nothing or have no blocks there, are read from folder and file", async () => {
  const variants: Record<string, unknown>[] = [
    small,
    { transformer_layers_per_block: [1, 0, 2, 3] },
  ];
  for (const changes of variants) {
    await inTempDir(async (dir) => {
      await writeControlnet(dir, { ...changes, norm_num_groups: 32 });
      const folder = await openControl(dir);
      const file = join(dir, "diffusion_pytorch_model.safetensors");
      await Deno.rename(file, join(dir, "net.safetensors"));
      const single = await openControl(join(dir, "net.safetensors"));
      assertEquals(single.weights.names(), folder.weights.names());
      if (single.kind !== "controlnet") throw new Error("No ControlNet");
      const { transformer_layers_per_block: depths } = single.config;
      assertEquals(depths, changes.transformer_layers_per_block as number[]);
    });
  }
});

Deno.test("a ControlNet's hint and outputs get the names of diffusers", () => {
  const weight = { shape: [1], data: Float32Array.of(1) };
  const names = [
    "input_blocks.0.0.weight",
    "input_hint_block.0.weight",
    "input_hint_block.2.weight",
    "input_hint_block.14.weight",
    "middle_block_out.0.weight",
    "zero_convs.11.0.bias",
  ];
  for (const prefix of ["", "control_model."]) {
    const file = memoryWeights(
      new Map(names.map((name) => [prefix + name, weight])),
    );
    assertEquals(currentControlnetNames(file).names().toSorted(), [
      "controlnet_cond_embedding.blocks.0.weight",
      "controlnet_cond_embedding.conv_in.weight",
      "controlnet_cond_embedding.conv_out.weight",
      "controlnet_down_blocks.11.bias",
      "controlnet_mid_block.weight",
      "conv_in.weight",
    ]);
  }
});
