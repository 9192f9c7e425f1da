import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { openTaesd } from "../../../../lib/encoders/taesd/open_taesd.ts";

const goldens = fromFileUrl(new URL("../../../goldens", import.meta.url));

Deno.test("the original's two files have the sizes and names of diffusers' folder", async () => {
  const folder = await openTaesd(join(goldens, "taesd-tiny"));
  const raw = await openTaesd(join(goldens, "taesd-raw"));
  assertEquals(raw.config, folder.config);
  assertEquals(raw.weights.names(), folder.weights.names());
});

Deno.test("a file that holds no tiny VAE is refused by name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const side of ["encoder", "decoder"]) {
      await Deno.copyFile(
        join(goldens, "text.safetensors"),
        join(folder, `taesd_${side}.safetensors`),
      );
    }
    await assertRejects(
      () => openTaesd(folder),
      LocRefError,
      "holds no encoder of a tiny VAE",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a tiny VAE is opened by a file: both networks, or one of two beside the other", async () => {
  const folder = await openTaesd(join(goldens, "taesd-tiny"));
  for (
    const file of [
      "taesd-tiny/diffusion_pytorch_model.safetensors",
      "taesd-raw/taesd_decoder.safetensors",
      "taesd-raw/taesd_encoder.safetensors",
    ]
  ) {
    const one = await openTaesd(join(goldens, file));
    assertEquals(one.config, folder.config);
    assertEquals(
      [...one.weights.names()].sort(),
      [
        ...folder.weights.names(),
      ].sort(),
    );
  }
});

Deno.test("a decoder without its encoder's file is refused, with the name that is looked for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const alone = join(folder, "taesdxl_decoder.safetensors");
    await Deno.copyFile(
      join(goldens, "taesd-raw/taesd_decoder.safetensors"),
      alone,
    );
    await assertRejects(
      () => openTaesd(alone),
      LocRefError,
      "taesdxl_encoder.safetensors",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
