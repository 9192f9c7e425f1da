import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { pocketFolder } from "../../../../lib/pipeline/load/pocket_folder.ts";
import { openTraining } from "../../../../train/backends/open_training.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import { floats } from "../../../../lib/core/tensor_rows.ts";
import {
  type FrozenImageEncoder,
  openImageTower,
} from "../../../../train/pocket/stages/frozen_image_encoder.ts";
import { measureForetold } from "../../../../train/pocket/vae/foretold.ts";
import { openVae } from "../../../../train/pocket/vae/frozen_vae.ts";
import { smallWorld } from "../small_world.ts";

/** The encoder with each picture's tokens those of the next one. */
function ofTheNext(
  { runner, ...rest }: FrozenImageEncoder,
): FrozenImageEncoder {
  const run: typeof runner.run = async (inputs) => {
    const { features } = await runner.run(inputs);
    const { shape } = features!;
    const data = floats(features!), picture = data.length / shape[0]!;
    const turned = Float32Array.from(
      data,
      (_, i) => data[(i + picture) % data.length]!,
    );
    return { features: tensor(shape, turned) };
  };
  return { ...rest, runner: { ...runner, run } };
}

Deno.test("tokens foretell every channel of their own picture's latents, and not those of another", async () => {
  const folder = await pocketFolder();
  const backend = await openTraining("onnx");
  const executor = await backend.executor();
  const vae = await openVae(executor, join(folder, "vae"));
  const encoder = await openImageTower(executor, join(folder, "image_encoder"));
  const world = await smallWorld(96);
  const options = { fitted: 40, measured: 12 };
  const errors = await measureForetold({ vae, encoder, world }, options);
  const strange = await measureForetold(
    { vae, encoder: ofTheNext(encoder), world },
    options,
  );
  await vae.dispose();
  await encoder.dispose();
  await executor.dispose();
  assertEquals(errors.length, vae.config.latent_channels);
  assert(errors.every((error) => error < 0.65), `${errors}`);
  assert(strange.every((error) => error > 0.9), `${strange}`);
});
