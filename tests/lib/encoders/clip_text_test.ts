import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { LocRef } from "../../../lib/model/locref.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { identifyWeights } from "../../../lib/weights/identify/identify_weights.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors/write_safetensors.ts";
import { linkedModel } from "../bases/linked_model.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import {
  type ClipTextConfig,
  clipTextProgram,
  isSkipped,
  pooledText,
  skippedName,
  wrappedTextName,
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

Deno.test("pooled text is that of the first token that the config names as the end", () => {
  const data = Float32Array.from({ length: 16 }, (_, i) => i);
  const projected = tensor([2, 4, 2], data);
  const ids = tensor([2, 4], Int32Array.of(18, 25, 7, 7, 18, 19, 25, 0));
  const rows = (end?: number) => [...pooledText(projected, ids, end).data];
  assertEquals(rows(7), [4, 5, 8, 9]); // the second text has no end
  assertEquals(rows(2), [2, 3, 12, 13]);
  assertEquals(rows(), rows(2));
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

const tiny = fromFileUrl(new URL("../../goldens/sd-tiny", import.meta.url));
const file = join("text_encoder", "model.safetensors");

/** Writes a text encoder's file as version 5 of transformers does: without the wrapper's name. */
async function writeBare(from: string, to: string): Promise<void> {
  const source = await openSafetensors(from);
  const tensors = new Map();
  for (const name of source.names()) {
    const { shape } = source.info(name)!;
    const data = new Float32Array(await source.read(name));
    tensors.set(name.replace("text_model.", ""), { shape, data });
  }
  await Deno.remove(to);
  await writeSafetensors(to, tensors);
}

async function pixels(path: string): Promise<string> {
  await using model = await LocRef.load(path, { backend: "onnx" });
  const one = scene().caption("a red apple on a table");
  return (await one.generate({ model, steps: 1, seed: 1 })).data.join();
}

Deno.test("a text encoder as transformers 5 saves it makes the same picture, and is called by its kind", async () => {
  await using bare = await linkedModel(tiny);
  await writeBare(join(tiny, file), join(bare.path, file));
  assertEquals(await pixels(bare.path), await pixels(tiny));
  const identity = identifyWeights(
    await openSafetensors(join(bare.path, file)),
  );
  assertEquals(identity?.kind, "clip-text");
});

Deno.test("only a text encoder's own layers get the wrapper's name", () => {
  assertEquals(
    wrappedTextName("encoder.layers.0.mlp.fc1.weight"),
    "text_model.encoder.layers.0.mlp.fc1.weight",
  );
  for (
    const name of ["text_model.final_layer_norm.bias", "text_projection.weight"]
  ) assertEquals(wrappedTextName(name), name);
});
