import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { wrappedTextName } from "../../../lib/encoders/clip_text_names.ts";
import { LocRef } from "../../../lib/model/locref.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { identifyWeights } from "../../../lib/weights/identify/identify_weights.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors/write_safetensors.ts";
import { linkedModel } from "../bases/linked_model.ts";

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
