import { assert, assertEquals } from "@std/assert";
import { stableDiffusion15 } from "../../../../lib/bases/sd/stable_diffusion_15.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import { listWeights } from "../../../../lib/ops/list_weights.ts";
import { unetNames } from "../../../../lib/weights/single_file/unet_names.ts";

Deno.test("every name of Stable Diffusion 1.5's UNet has an original one, and comes back from it", () => {
  const names = [
    ...listWeights(
      unetProgram(stableDiffusion15, { size: { height: 8, width: 8 } }),
    ).keys(),
  ];
  const there = unetNames(names);
  const originals = names.flatMap((name) => there.toOriginal(name));
  const back = unetNames(originals);
  for (const name of names) {
    const spelled = there.toOriginal(name);
    assert(spelled.length > 0, name);
    for (const one of spelled) assertEquals(back.toDiffusers(one), name);
  }
});

Deno.test("names are those of the original code", () => {
  const names = unetNames([
    "down_blocks.0.resnets.0.conv1.weight",
    "down_blocks.0.resnets.1.conv1.weight",
    ...[1, 2, 3].map((i) => `down_blocks.${i}.resnets.0.conv1.weight`),
  ]);
  const originals = {
    "conv_in.weight": "input_blocks.0.0.weight",
    "time_embedding.linear_2.bias": "time_embed.2.bias",
    "add_embedding.linear_1.weight": "label_emb.0.0.weight",
    "down_blocks.1.attentions.0.proj_in.weight":
      "input_blocks.4.1.proj_in.weight",
    "down_blocks.2.resnets.1.time_emb_proj.weight":
      "input_blocks.8.0.emb_layers.1.weight",
    "down_blocks.1.downsamplers.0.conv.weight": "input_blocks.6.0.op.weight",
    "mid_block.resnets.1.conv2.weight": "middle_block.2.out_layers.3.weight",
    "up_blocks.3.resnets.2.conv_shortcut.weight":
      "output_blocks.11.0.skip_connection.weight",
    "conv_out.bias": "out.2.bias",
  };
  for (const [name, original] of Object.entries(originals)) {
    assertEquals(names.toOriginal(name), [original]);
  }
  assertEquals(names.toOriginal("up_blocks.1.upsamplers.0.conv.bias"), [
    "output_blocks.5.1.conv.bias",
    "output_blocks.5.2.conv.bias",
  ]);
  assertEquals(names.toDiffusers("model_ema.decay"), undefined);
});
