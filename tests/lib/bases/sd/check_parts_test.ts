import { assertEquals, assertThrows } from "@std/assert";
import { checkChannels } from "../../../../lib/bases/sd/check_parts.ts";
import { LocRefError } from "../../../../lib/core/error.ts";

/** Channels that a config says, and those that its weights have. */
interface Said {
  readonly config: number;
  readonly weights?: number;
}

/** A UNet and a VAE, as far as their latents say. */
function parts(
  { unet, vae, reads }: { unet: Said; vae: Said; reads?: number },
): Parameters<typeof checkChannels>[0] {
  const weights = (shapes: Record<string, number[]>) => ({
    names: () => Object.keys(shapes),
    info: (name: string) =>
      shapes[name] && { dtype: "F32", shape: shapes[name] },
  });
  return {
    unet: {
      config: { in_channels: reads ?? unet.config, out_channels: unet.config },
      weights: weights({
        "conv_out.weight": [unet.weights ?? unet.config, 8, 3, 3],
      }),
      folder: "m/unet",
    },
    vae: {
      config: { latent_channels: vae.config },
      weights: weights({
        "decoder.conv_in.weight": [8, vae.weights ?? vae.config, 3, 3],
      }),
      folder: "m/vae",
    },
  } as unknown as Parameters<typeof checkChannels>[0];
}

Deno.test("a config that its own weights contradict is named where UNet and VAE differ", () => {
  const wrong: [Parameters<typeof parts>[0], string, string][] = [
    [
      { unet: { config: 16 }, vae: { config: 8, weights: 16 } },
      "config-invalid",
      'File "m/vae/config.json": key "latent_channels" must be 16, as in its weights and the UNet, got 8',
    ],
    [
      { unet: { config: 16 }, vae: { config: 4, weights: 16 } },
      "config-invalid",
      'File "m/vae/config.json": key "latent_channels" must be 16, as in its weights and the UNet, got 4 (also where it is absent)',
    ],
    [
      { unet: { config: 4 }, vae: { config: 8, weights: 4 }, reads: 9 },
      "config-invalid",
      'File "m/vae/config.json": key "latent_channels" must be 4, as in its weights and the UNet, got 8',
    ],
    [
      { unet: { config: 8, weights: 4 }, vae: { config: 4 } },
      "config-invalid",
      'File "m/unet/config.json": key "out_channels" must be 4, as in its weights and the VAE, got 8',
    ],
    [
      { unet: { config: 4 }, vae: { config: 16 } },
      "checkpoint-mismatch",
      'VAE "m/vae" has latents of 16 channels, but UNet "m/unet" reads and predicts 4: they are of different models',
    ],
  ];
  for (const [given, code, message] of wrong) {
    const error = assertThrows(() => checkChannels(parts(given)), LocRefError);
    assertEquals([error.code, error.message], [code, message]);
  }
});

Deno.test("a UNet that reads more than latents is to blame itself, whatever the VAE says", () => {
  for (const latents of [4, 8]) {
    const given = { unet: { config: 4 }, vae: { config: latents }, reads: 5 };
    assertThrows(
      () => checkChannels(parts(given)),
      LocRefError,
      'LocRef cannot use "m/unet": it ',
    );
  }
});
