import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { pocketFolder } from "../../../../lib/pipeline/load/pocket_folder.ts";
import { openTraining } from "../../../../train/backends/open_training.ts";
import { openImageTower } from "../../../../train/pocket/stages/frozen_image_encoder.ts";
import { measureForetold } from "../../../../train/pocket/vae/foretold.ts";
import { openVae } from "../../../../train/pocket/vae/frozen_vae.ts";
import { loadPocketWorld } from "../../../../train/pocket/objects/pocket_world.ts";

Deno.test("tokens foretell the channels that carry colour, and hardly those that carry nothing", async () => {
  const folder = await pocketFolder();
  const backend = await openTraining("onnx");
  const executor = await backend.executor();
  const vae = await openVae(executor, join(folder, "vae"));
  const encoder = await openImageTower(executor, join(folder, "image_encoder"));
  const world = await loadPocketWorld(48);
  const errors = await measureForetold({ vae, encoder, world }, {
    ...{ fitted: 60, measured: 20 },
  });
  await vae.dispose();
  await encoder.dispose();
  await executor.dispose();
  assertEquals(errors.length, 8);
  // this VAE keeps colour in its first three channels, and noise in the last four
  assert(errors.slice(0, 3).every((error) => error < 0.35), `${errors}`);
  assert(errors.slice(4).every((error) => error > 0.5), `${errors}`);
});
