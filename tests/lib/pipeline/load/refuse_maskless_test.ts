import { assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { refuseMaskless } from "../../../../lib/pipeline/load/refuse_maskless.ts";
import { startHub } from "../../weights/loopback_hub.ts";
import { jsonFile, rawSafetensors } from "../../weights/raw_safetensors.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import { checkpoint15, repository } from "./public_stand_ins.ts";

const index = { _class_name: "StableDiffusionPipeline" };
const inpainting = "stable-diffusion-v1-5/stable-diffusion-inpainting";
const plain = "stable-diffusion-v1-5/stable-diffusion-v1-5";
const repos = {
  [inpainting]: repository(index, { in_channels: 9 }),
  [plain]: repository(index, { in_channels: 4 }),
  "me/files": {
    "inpainting.safetensors": rawSafetensors(checkpoint15(9)),
    "plain.safetensors": rawSafetensors(checkpoint15()),
    "config.json": jsonFile({}),
  },
};

Deno.test("an inpainting model for a scene without a mask is refused before its weights are fetched", async () => {
  const hub = startHub({ files: {}, repos });
  try {
    await inTempDir(async (cacheDir) => {
      const place = { endpoint: hub.endpoint, cacheDir, offline: false };
      const files = "me/files/inpainting.safetensors";
      for (
        const [name, options] of [
          [inpainting, {}],
          [files, {}],
          [plain, { unet: files }],
          [plain, { unet: `${inpainting}/unet` }],
        ] as const
      ) {
        const error = await assertRejects(
          () => refuseMaskless(name, { ...options, ...place }),
          LocRefError,
        );
        assertEquals(
          error.message,
          `Model "${name}" is an inpainting model, which reads a picture and a mask: give them with generate({ inpaint: { image, mask } }), or --inpaint and --mask`,
        );
      }
      await refuseMaskless(plain, place);
      await refuseMaskless("me/files/plain.safetensors", place);
      await refuseMaskless("pocket", place);
      const whole = hub.downloads.filter((one) => !one.includes("bytes=0-"));
      assertEquals(whole, []);
    });
  } finally {
    await hub.stop();
  }
});
