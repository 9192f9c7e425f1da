import { assertEquals } from "@std/assert";
import { tensor } from "../../../lib/core/tensor.ts";
import {
  type ClipTextConfig,
  clipTextProgram,
  isSkipped,
  pooledText,
  skippedName,
} from "../../../lib/encoders/clip_text.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";

const config: ClipTextConfig = {
  hidden_size: 8,
  intermediate_size: 16,
  num_attention_heads: 2,
  num_hidden_layers: 3,
  hidden_act: "gelu",
  layer_norm_eps: 1e-5,
  vocab_size: 20,
  max_position_embeddings: 4,
  projection_dim: 6,
};

Deno.test("pooled text is that of the first token with the highest id, whatever the padding", () => {
  const projected = tensor(
    [2, 4, 2],
    Float32Array.from({ length: 16 }, (_, i) => i),
  );
  const ids = tensor([2, 4], Int32Array.of(18, 19, 19, 19, 18, 3, 19, 0));
  const pooled = pooledText(projected, ids);
  assertEquals(pooled.shape, [2, 2]);
  assertEquals([...pooled.data], [2, 3, 12, 13]);
});

Deno.test("layers that are left out are not read, unless the pooled text needs them", () => {
  const last = "text_model.encoder.layers.2.mlp.fc1.weight";
  const reads = (form: Parameters<typeof clipTextProgram>[1]) => {
    const weights = listWeights(clipTextProgram(config, form));
    return {
      last: weights.has(last),
      norm: weights.has("text_model.final_layer_norm.weight"),
      projection: weights.get("text_projection.weight"),
    };
  };
  assertEquals(reads({}), { last: true, norm: true, projection: undefined });
  assertEquals(reads({ skip: 1, normed: false }), {
    last: false,
    norm: false,
    projection: undefined,
  });
  assertEquals(reads({ skip: 1, normed: false, projected: true }), {
    last: true,
    norm: true,
    projection: [6, 8],
  });
});

Deno.test("programs that leave out different layers have names of their own, and are told apart from others", () => {
  const names = [0, 1, 2].map((skip) => skippedName("text_encoder", skip));
  assertEquals(new Set(names).size, 3);
  assertEquals(names[0], "text_encoder");
  assertEquals(names.every((name) => isSkipped(name, "text_encoder")), true);
  assertEquals(isSkipped("text_encoder_2", "text_encoder"), false);
  assertEquals(isSkipped("text_encoder_2_skip1", "text_encoder"), false);
});
