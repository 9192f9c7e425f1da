import { assert } from "@std/assert";
import { vaeDecode } from "../../../../lib/encoders/vae_decoder.ts";
import { vaeDecoderProgram } from "../../../../lib/encoders/vae_decoder.ts";
import {
  vaeEncode,
  vaeEncoderProgram,
} from "../../../../lib/encoders/vae_encoder.ts";
import { listWeights } from "../../../../lib/ops/list_weights.ts";
import { Params } from "../../../../lib/ops/params.ts";
import { tfjsOps } from "../../../../lib/ops/tfjs/ops.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import { areaVaeStart } from "../../../../train/pocket/stages/vae_start.ts";
import { vaeConfig } from "../../../../train/pocket/stages/vae_stage.ts";
import { toDevice } from "../../../../train/loop/host_weights.ts";

Deno.test("a VAE that begins as area-downsampler keeps the colours of smooth pictures", async () => {
  const tf = await openTfjs("wasm");
  const config = vaeConfig({
    channels: [16, 32, 64],
    latentChannels: 4,
    side: 32,
  });
  const size = { height: 32, width: 32 };
  const shapes = new Map([
    ...listWeights(vaeEncoderProgram(config, size)),
    ...listWeights(vaeDecoderProgram(config, { height: 8, width: 8 })),
  ]);
  const weights = areaVaeStart(shapes, { seed: 1 });
  const params = new Params((name) => toDevice(tf, weights.get(name)!));
  const error = tf.tidy(() => {
    const ops = tfjsOps(tf);
    const colour = tf.tensor([0.7, -0.4, 0.1], [1, 1, 1, 3]);
    const picture = tf.tile(colour, [1, 32, 32, 1]);
    const { mean } = vaeEncode(ops, params, picture, config, size);
    const out = vaeDecode(ops, params, mean, config, { height: 8, width: 8 });
    return tf.mean(tf.abs(tf.sub(out, picture))).dataSync()[0]!;
  });
  assert(error < 0.15, `mean error ${error}`);
});
