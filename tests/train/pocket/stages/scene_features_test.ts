import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "node:path";
import { random } from "../../../../lib/core/random.ts";
import { pocketFolder } from "../../../../lib/pipeline/load/pocket_folder.ts";
import { openTraining } from "../../../../train/backends/open_training.ts";
import { FeatureCache } from "../../../../train/locref/feature_cache.ts";
import { openImageTower } from "../../../../train/pocket/stages/frozen_image_encoder.ts";
import { featuresOf } from "../../../../train/pocket/stages/scene_features.ts";
import { drawStudioScene } from "../../../../train/pocket/studio/studio_scene.ts";
import { openVae } from "../../../../train/pocket/vae/frozen_vae.ts";
import { smallWorld } from "../small_world.ts";
import { withTempDir } from "../../temp_dir.ts";

const model = await pocketFolder();
const world = await smallWorld(48);

/** A scene whose drawings are counted. */
function sceneOf(number: number, key?: string) {
  const size = { width: 64, height: 64 };
  const outline = drawStudioScene(world, random("features", number), {
    ...{ size, referenceSide: 64 },
  });
  const counts = { drawn: 0 };
  const draw = () => {
    counts.drawn++;
    return outline;
  };
  return { outline, draw, counts, ...(key !== undefined && { key }) };
}

Deno.test("features of a scene that comes again are read, those of others are made at once", async () => {
  const backend = await openTraining("onnx");
  const executor = await backend.executor();
  const vae = await openVae(executor, join(model, "vae"));
  const encoder = await openImageTower(executor, join(model, "image_encoder"));
  await withTempDir(async (dir) => {
    const partsOf = (version: string) => ({
      ...{ vae, encoder, version, cache: new FeatureCache(dir) },
    });
    const cached = sceneOf(1, "1"), fresh = sceneOf(1), other = sceneOf(2);
    const scenes = [fresh, cached, other];
    const first = await featuresOf(partsOf("a"), scenes);
    const again = await featuresOf(partsOf("a"), scenes);
    assertEquals(cached.counts.drawn, 1);
    assertEquals([fresh.counts.drawn, other.counts.drawn], [2, 2]);
    assertEquals(again, first);
    const [one, two] = first;
    assertEquals(two!.ri.length, cached.outline.objects.length);
    for (const [i, value] of one!.latents.entries()) {
      assertAlmostEquals(two!.latents[i]!, value, 0.01);
    }
    for (const [i, value] of one!.ri[0]!.entries()) {
      assertAlmostEquals(two!.ri[0]![i]!, value, 0.02);
    }
    assert(first[2]!.latents.join() !== one!.latents.join());
    await featuresOf(partsOf("other encoders"), scenes);
    assertEquals(cached.counts.drawn, 2);
  });
  await vae.dispose();
  await encoder.dispose();
  await executor.dispose();
});
