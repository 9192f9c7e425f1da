import { assertEquals } from "@std/assert";
import type { WeightSource } from "../../../../lib/ops/executor.ts";
import {
  textPart,
  unetPart,
  vaePart,
} from "../../../../lib/weights/single_file/part_views.ts";

Deno.test("a VAE's attention loses the axes of its convolutions, and its levels turn round", () => {
  const vae = vaePart(
    headers({
      "first_stage_model.decoder.mid.attn_1.q.weight": [8, 8, 1, 1],
      "first_stage_model.decoder.mid.attn_1.norm.weight": [8],
      "first_stage_model.decoder.up.0.block.0.conv1.weight": [4, 8, 3, 3],
      "first_stage_model.decoder.up.1.block.0.nin_shortcut.weight": [
        8,
        8,
        1,
        1,
      ],
      "first_stage_model.decoder.up.1.upsample.conv.weight": [8, 8, 3, 3],
      "first_stage_model.encoder.down.0.downsample.conv.weight": [4, 4, 3, 3],
      "loss.logvar": [1],
    }),
    "first_stage_model.",
  );
  assertEquals(shapesOf(vae), {
    "decoder.mid_block.attentions.0.group_norm.weight": [8],
    "decoder.mid_block.attentions.0.to_q.weight": [8, 8],
    "decoder.up_blocks.0.resnets.0.conv_shortcut.weight": [8, 8, 1, 1],
    "decoder.up_blocks.0.upsamplers.0.conv.weight": [8, 8, 3, 3],
    "decoder.up_blocks.1.resnets.0.conv1.weight": [4, 8, 3, 3],
    "encoder.down_blocks.0.downsamplers.0.conv.weight": [4, 4, 3, 3],
  });
});

Deno.test("OpenCLIP's text tower is split into queries, keys and values", () => {
  const prefix = "conditioner.embedders.1.model.";
  const text = textPart(
    headers({
      [`${prefix}positional_embedding`]: [7, 4],
      [`${prefix}token_embedding.weight`]: [9, 4],
      [`${prefix}transformer.resblocks.0.attn.in_proj_weight`]: [12, 4],
      [`${prefix}transformer.resblocks.0.attn.in_proj_bias`]: [12],
      [`${prefix}transformer.resblocks.0.mlp.c_fc.weight`]: [16, 4],
      [`${prefix}transformer.resblocks.1.ln_1.weight`]: [4],
      [`${prefix}text_projection`]: [4, 6],
      [`${prefix}logit_scale`]: [],
      [`${prefix}attn_mask`]: [7, 7],
    }),
    prefix,
    1,
  );
  const layer = "text_model.encoder.layers.0";
  assertEquals(shapesOf(text), {
    "text_model.embeddings.position_embedding.weight": [7, 4],
    "text_model.embeddings.token_embedding.weight": [9, 4],
    [`${layer}.mlp.fc1.weight`]: [16, 4],
    [`${layer}.self_attn.k_proj.bias`]: [4],
    [`${layer}.self_attn.k_proj.weight`]: [4, 4],
    [`${layer}.self_attn.q_proj.bias`]: [4],
    [`${layer}.self_attn.q_proj.weight`]: [4, 4],
    [`${layer}.self_attn.v_proj.bias`]: [4],
    [`${layer}.self_attn.v_proj.weight`]: [4, 4],
    "text_projection.weight": [6, 4],
  });
});

Deno.test("a text encoder without its model's name gets it, and buffers are left out", () => {
  const text = textPart(
    headers({
      "cond_stage_model.transformer.embeddings.position_ids": [1, 77],
      "cond_stage_model.transformer.final_layer_norm.bias": [4],
    }),
    "cond_stage_model.transformer.",
  );
  assertEquals(shapesOf(text), { "text_model.final_layer_norm.bias": [4] });
});

Deno.test("a UNet in the names of diffusers stays as it is", () => {
  const shapes = {
    "conv_in.weight": [4, 4, 3, 3],
    "time_embedding.linear_1.weight": [4, 4],
  };
  assertEquals(shapesOf(unetPart(headers(shapes), "")), shapes);
});

function headers(shapes: Record<string, number[]>): WeightSource {
  return {
    names: () => Object.keys(shapes).sort(),
    info: (name) => {
      const shape = shapes[name];
      return shape && { dtype: "F32", shape, offset: 0, length: 0 };
    },
    read: () => Promise.resolve(new Float32Array()),
  };
}

function shapesOf(source: WeightSource): Record<string, readonly number[]> {
  return Object.fromEntries(
    source.names().map((name) => [name, source.info(name)!.shape]),
  );
}
