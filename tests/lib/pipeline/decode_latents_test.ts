import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { Size } from "../../../lib/core/geometry.ts";
import { decodingBytes } from "../../../lib/pipeline/decode_latents.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { LocRef } from "../../../lib/model/locref.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { linkedModel } from "../bases/linked_model.ts";

const goldens = fromFileUrl(new URL("../../goldens", import.meta.url));
const tiny = join(goldens, "sdxl-tiny");
const taesd = join(goldens, "taesd-tiny");
const one = { steps: 1, guidance: 1 };
const apple = scene().caption("a red apple");

Deno.test("a tiny VAE decodes previews and, on request, the picture, which is made again", async () => {
  await using model = await LocRef.load(tiny, { backend: "onnx", taesd });
  const run = apple.steps({ ...one, model, preview: "taesd" });
  let preview: Uint8Array | undefined;
  for await (const step of run) preview = (await step.preview()).data;
  const whole = await run.picture;
  const quick = await apple.generate({ ...one, model, decoder: "taesd" });
  assertEquals(quick.data, preview);
  assert(quick.data.join() !== whole.data.join());
  assertEquals(quick.provenance.decoder, "taesd");
  const { files } = quick.provenance.model;
  assert(Object.keys(files).length === 5, Object.keys(files).join());
  const saved = await scene.fromImage(await quick.encode({ format: "png" }));
  const again = await saved.scene.generate({ ...saved.options, model });
  assertEquals(again.data, quick.data);
});

Deno.test("tiles are close to the whole, and said in the provenance", async () => {
  await using model = await LocRef.load(tiny, { backend: "onnx" });
  const size = { width: 192, height: 128 };
  const whole = await apple.generate({ ...one, model, size });
  const tiled = await apple.generate({ ...one, model, size, tiles: true });
  assertEquals([tiled.width, tiled.height], [192, 128]);
  assertEquals(tiled.provenance.tiles, true);
  assert(tiled.data.join() !== whole.data.join());
});

Deno.test("decoding in tiles takes a tile's memory, on request or where the whole takes too much", () => {
  const base = {
    latent: { channels: 4, factor: 8, scale: 1, shift: 0 },
    nativeSize: { height: 1024, width: 1024 },
    decodingMemory: ({ height, width }: Size) => height * width * 2 ** 18,
  };
  const bytes = (side: number, options = {}) =>
    decodingBytes(base, { height: side, width: side }, options) / 2 ** 18;
  assertEquals(bytes(160), 160 ** 2);
  assertEquals(bytes(160, { tiles: true }), 128 ** 2);
  assertEquals(bytes(64, { tiles: true }), 64 ** 2);
  assertEquals(bytes(256), 128 ** 2);
  assertEquals(bytes(256, { tiles: false }), 256 ** 2);
  assertEquals(bytes(160, { decoder: "taesd" }), 0);
});

Deno.test("a tiny VAE that was not loaded is refused by name", async () => {
  await using model = await LocRef.load(tiny, { backend: "onnx" });
  await assertRejects(
    () => apple.generate({ ...one, model, decoder: "taesd" }),
    TypeError,
    "was loaded without it: give LocRef.load { taesd }, or --taesd",
  );
});

Deno.test("a tiny VAE of other latents is refused before anything is loaded", async () => {
  const config = JSON.parse(
    await Deno.readTextFile(join(taesd, "config.json")),
  );
  await using folder = await linkedModel(taesd, {
    "config.json": { ...config, latent_channels: 16 },
  });
  await assertRejects(
    () => LocRef.load(tiny, { backend: "onnx", taesd: folder.path }),
    LocRefError,
    "Tiny VAE",
  );
});
