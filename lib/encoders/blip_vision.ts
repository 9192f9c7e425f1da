import type { Program } from "../ops/executor.ts";
import { layerNorm, linear } from "../ops/layers.ts";
import type { Ops } from "../ops/ops.ts";
import type { Params } from "../ops/params.ts";
import { patchTokens, visionTokens } from "./vit.ts";
import type { BlipVisionConfig } from "./blip_config.ts";

/**
 * BLIP's image encoder, a vision transformer (Li et al. 2022).
 *
 * @param pixels normalised pictures `[N, 3, image_size, image_size]`.
 * @returns `[N, tokens, width]`, after the last norm.
 */
function blipVision<T>(
  ops: Ops<T>,
  p: Params<T>,
  pixels: T,
  config: BlipVisionConfig,
): T {
  const { hidden_size: width, layer_norm_eps: eps } = config;
  const model = p.at("vision_model");
  const embeddings = model.at("embeddings");
  const places = [1, visionTokens(config), width];
  let x = patchTokens(ops, embeddings, pixels, config, {
    classToken: [1, 1, width],
    position: () => embeddings.get("position_embedding", places),
  });
  for (let i = 0; i < config.num_hidden_layers; i++) {
    x = visionLayer(ops, model.at("encoder").at("layers").at(i), x, config);
  }
  return layerNorm(ops, model.at("post_layernorm"), x, width, eps);
}

function visionLayer<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  config: BlipVisionConfig,
): T {
  const { hidden_size: width, intermediate_size: inner, layer_norm_eps: eps } =
    config;
  const normed = layerNorm(ops, p.at("layer_norm1"), x, width, eps);
  const attention = p.at("self_attn");
  const qkv = linear(ops, attention.at("qkv"), normed, {
    in: width,
    out: 3 * width,
  });
  const [q, k, v] = ops.splitWidth(qkv, 3);
  const mixed = ops.attention(q!, k!, v!, {
    heads: config.num_attention_heads,
  });
  x = ops.add(
    x,
    linear(ops, attention.at("projection"), mixed, { in: width, out: width }),
  );
  const mlp = p.at("mlp");
  const second = layerNorm(ops, p.at("layer_norm2"), x, width, eps);
  const hidden = ops.gelu(
    linear(ops, mlp.at("fc1"), second, { in: width, out: inner }),
  );
  return ops.add(
    x,
    linear(ops, mlp.at("fc2"), hidden, { in: inner, out: width }),
  );
}

/** {@linkcode blipVision} as a program: `pixels` in, `features` out. */
export function blipVisionProgram(config: BlipVisionConfig): Program {
  const { image_size: side, hidden_size: width } = config;
  return {
    name: "blip_vision",
    inputs: { pixels: { kind: "image", shape: ["batch", 3, side, side] } },
    outputs: {
      features: {
        kind: "float",
        shape: ["batch", visionTokens(config), width],
      },
    },
    run: (ops, params, inputs) => ({
      features: blipVision(ops, params, inputs.pixels!, config),
    }),
  };
}
