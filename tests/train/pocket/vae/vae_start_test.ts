import { assert } from "@std/assert";
import { random } from "../../../../lib/core/random.ts";
import { openTraining } from "../../../../train/backends/open_training.ts";
import { hostSource } from "../../../../train/loop/host_weights.ts";
import { openCodec } from "../../../../train/pocket/vae/open_codec.ts";
import {
  vaeConfig,
  vaeShapes,
} from "../../../../train/pocket/vae/vae_config.ts";
import {
  measuredScenes,
  measureVae,
} from "../../../../train/pocket/vae/vae_measure.ts";
import { linearVaeStart } from "../../../../train/pocket/vae/vae_start.ts";
import { drawStudioPicture } from "../../../../train/pocket/studio/studio_scene.ts";
import { smallWorld } from "../small_world.ts";

const world = await smallWorld(64);
const side = 64, size = { width: side, height: side };
const pictures = Array.from(
  { length: 12 },
  (_, i) => drawStudioPicture(world, random("start", i), { size }),
);

for (
  const [name, channels, latentChannels] of [
    ["three levels", [16, 24, 32], 8],
    ["widths that stay the same at both ends", [16, 16, 32, 32], 6],
  ] as const
) {
  Deno.test(`a VAE begins as a codec in which every channel counts: ${name}`, async () => {
    const config = vaeConfig({ channels, latentChannels, side });
    const { weights, squares } = linearVaeStart(vaeShapes(config), {
      ...{ config, pictures, side },
      seed: 1,
    });
    const backend = await openTraining("onnx");
    const executor = await backend.executor();
    const codec = await openCodec(executor, hostSource(weights), {
      config,
      side,
    });
    const scenes = measuredScenes(world, { count: 6, side });
    const found = await measureVae(codec, scenes);
    await codec.dispose();
    await executor.dispose();
    assert(found.inside > 18, `${found.inside} dB inside`);
    for (const [i, deviation] of found.deviation.entries()) {
      const wanted = Math.sqrt(squares[i]!);
      assert(deviation > wanted / 2 && deviation < wanted * 2);
      assert(found.posterior[i]! < 0.3, `channel ${i}`);
    }
    const important = found.lost.filter((lost) => lost > 0.01);
    assert(important.length >= latentChannels - 1, `${found.lost}`);
  });
}
