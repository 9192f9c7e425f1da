import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { loadClipTokenizer } from "../../../../lib/encoders/clip_tokenizer.ts";
import { noiseSchedule } from "../../../../lib/ddim/noise_schedule.ts";
import { pocketFolder } from "../../../../lib/pipeline/load/pocket_folder.ts";
import { openTraining } from "../../../../train/backends/open_training.ts";
import { FeatureCache } from "../../../../train/locref/feature_cache.ts";
import { familyOfVae } from "../../../../train/pocket/stages/family.ts";
import { openImageTower } from "../../../../train/pocket/stages/frozen_image_encoder.ts";
import { openVae } from "../../../../train/pocket/vae/frozen_vae.ts";
import { schedulerConfig } from "../../../../train/pocket/stages/unet_config.ts";
import {
  measuredTimesteps,
  measureUnet,
} from "../../../../train/pocket/stages/unet_measure.ts";
import { readModel } from "../../../../train/pocket/stages/write_model.ts";
import { smallWorld } from "../small_world.ts";

Deno.test("a UNet is measured at fixed timesteps, and a damaged one has larger errors", async () => {
  const folder = await pocketFolder();
  const backend = await openTraining("onnx");
  const executor = await backend.executor();
  const vae = await openVae(executor, join(folder, "vae"));
  const encoder = await openImageTower(executor, join(folder, "image_encoder"));
  const { image_size, patch_size } = encoder.config;
  const family = familyOfVae(vae.config, vae.side, {
    across: image_size / patch_size,
    coordinates: 4,
  });
  assertEquals([family.side, family.latentSide, family.latentChannels], [
    ...[128, 16, 16],
  ]);
  const context = {
    ...{ vae, family, encoder },
    world: await smallWorld(48),
    tokenizer: await loadClipTokenizer(join(folder, "tokenizer")),
    schedule: noiseSchedule(schedulerConfig),
    dropout: { text: 0, image: 0, both: 0, grgOff: 0, iafOff: 0, isOff: 0 },
    ...{ timestepDraws: 1, lowNoise: 0, cachedScenes: null },
    ...{ cache: new FeatureCache(null), version: "test" },
    lossWeights: { foreground: 1, background: 1 },
  };
  const weights = await readModel(folder, family);
  const measure = (own: typeof weights) =>
    measureUnet(executor, own, { context, scenes: 2 });
  const found = await measure(weights);
  const damaged = await measure(
    new Map(
      [...weights].map(([name, { shape, data }]) => [
        name,
        { shape, data: name.startsWith("conv_out") ? data.map(() => 0) : data },
      ]),
    ),
  );
  await vae.dispose();
  await encoder.dispose();
  await executor.dispose();
  assertEquals(found.map(({ timestep }) => timestep), [...measuredTimesteps]);
  for (const [i, { loss, clean }] of found.entries()) {
    assertEquals(clean.length, family.latentChannels);
    assert(loss > 0 && loss < damaged[i]!.loss, `${loss}`);
    assert(clean.every((error) => error > 0));
  }
  const rough = found.at(-1)!.clean[0]!, fine = found[0]!.clean[0]!;
  assert(fine < rough, "little noise leaves small errors");
});
