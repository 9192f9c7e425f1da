import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { decodeImage } from "../../lib/images/decode.ts";
import { encodeImage } from "../../lib/images/encode.ts";
import { blankRaster } from "../../lib/images/raster.ts";
import { startHub } from "../lib/weights/loopback_hub.ts";
import {
  tinyParts,
  writeSingleFile,
} from "../lib/weights/single_file/tiny_checkpoint.ts";
import { inTempDir } from "../lib/weights/temp_dir.ts";
import { comfyFiles } from "./comfy_files.ts";
import { filesIn, goldens, run } from "./public_models.ts";
import { smallBase } from "../lib/adapters/small_base.ts";

/** Small stand-ins under the public names. */
async function publicNames(dir: string) {
  const file = await writeSingleFile(
    join(dir, "community.safetensors"),
    tinyParts(),
  );
  const xl = await filesIn(join(goldens, "sdxl-tiny"));
  const onnx = new Uint8Array(64);
  const text = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value));
  return {
    "stable-diffusion-v1-5/stable-diffusion-v1-5": await filesIn(
      smallBase,
    ),
    "stabilityai/stable-diffusion-xl-base-1.0": {
      ...xl,
      "unet/model.onnx": onnx,
      "sd_xl_base_1.0.safetensors": onnx,
      "unet/openvino_model.bin": onnx,
    },
    "stabilityai/sdxl-turbo": {
      ...xl,
      "scheduler/scheduler_config.json": text({
        ...JSON.parse(
          new TextDecoder().decode(xl["scheduler/scheduler_config.json"]),
        ),
        _class_name: "EulerAncestralDiscreteScheduler",
        timestep_spacing: "trailing",
      }),
    },
    "madebyollin/taesdxl": await filesIn(join(goldens, "taesd-tiny")),
    "someone/community": { "community.safetensors": await Deno.readFile(file) },
  };
}

Deno.test("the commands that a newcomer types first work on models under their public names", async () => {
  await inTempDir(async (dir) => {
    const repos = await publicNames(dir);
    const hub = startHub({ files: {}, repos });
    const xl = "stabilityai/stable-diffusion-xl-base-1.0";
    const small = ["--steps", "1", "--size", "64x64", "--backend", "onnx"];
    const generate = (model: string, output: string, ...more: string[]) => [
      ...["generate", "scene.json", "--model", model, "-o", output],
      ...[...small, ...more],
    ];
    const scene = {
      ...{ size: { width: 64, height: 64 }, caption: "a red apple on a table" },
      instances: [],
    };
    await Deno.writeTextFile(join(dir, "scene.json"), JSON.stringify(scene));
    try {
      const done = await run([
        ["doctor", xl],
        ["doctor", "someone/community/community.safetensors"],
        generate("stable-diffusion-v1-5/stable-diffusion-v1-5", "15.png"),
        generate(xl, "xl.png", "--variant", "fp16"),
        generate("stabilityai/sdxl-turbo", "turbo.png", "--recipe", "turbo-1"),
        generate("someone/community/community.safetensors", "file.png"),
        generate(xl, "taesd.png", ...[
          ...["--taesd", "madebyollin/taesdxl", "--decoder", "taesd"],
        ]),
        ["generate", "xl.png", "-o", "again.png", "--backend", "onnx"],
        [
          "generate",
          "scene.json",
          "--model",
          "stabilityai/sdxl-turbo",
          "--vae",
        ],
        ["generate", "scene.json", "--model", xl, "--lora", "none.safetensors"],
      ], {
        cwd: dir,
        env: {
          HF_ENDPOINT: hub.endpoint,
          HF_HOME: join(dir, "cache"),
          HF_HUB_OFFLINE: "0",
        },
      });
      assertEquals(
        done.map(({ code }) => code),
        [0, 0, 0, 0, 0, 0, 0, 0, 2, 1],
        JSON.stringify(done, null, 1),
      );
      assertStringIncludes(done[9]!.text, '"none.safetensors"');
      const pixels = async (name: string) =>
        (await decodeImage(await Deno.readFile(join(dir, name)))).data;
      assertEquals(await pixels("again.png"), await pixels("xl.png"));
      const needless = hub.downloads.filter((one) =>
        /onnx|sd_xl_base|openvino/.test(one)
      );
      assertEquals(needless, []);
    } finally {
      await hub.stop();
    }
  });
});

const checkpoint = "RunDiffusion/Juggernaut-XL/juggernautXL.safetensors";
const lightning = "ByteDance/SDXL-Lightning/sdxl_lightning_4step";
const inpainting =
  "stable-diffusion-v1-5/stable-diffusion-inpainting/sd-v1-5-inpainting.safetensors";

/** A model with flags, the exit code, and a text that is printed, or, behind a "!", one that is not. */
const comfyCommands: readonly [string, string[], number, string][] = [
  [checkpoint, [], 0, "!fetched"],
  [checkpoint, ["--lora", "me/loras/style.safetensors:0.8"], 0, "!left out"],
  [
    checkpoint,
    [
      ...["--lora", "me/loras/style.safetensors:0.8:0.5"],
      ...["--lora", "me/loras/detail.safetensors:-0.4"],
    ],
    0,
    "!left out",
  ],
  [
    checkpoint,
    ["--lora", `${lightning}_lora.safetensors`, "--recipe", "lightning-4"],
    0,
    "!is Lightning's by its name",
  ],
  [
    checkpoint,
    ["--lora", `${lightning}_lora.safetensors`],
    0,
    'is Lightning\'s by its name, made for sampler "euler" with trailing timesteps',
  ],
  [
    checkpoint,
    ["--unet", `${lightning}_unet.safetensors`, "--recipe", "lightning-4"],
    0,
    "!is Lightning's by its name",
  ],
  [
    checkpoint,
    ["--vae", "stabilityai/sdxl-vae/sdxl_vae.safetensors"],
    0,
    "!wrong",
  ],
  [checkpoint, ["--clip-skip", "1"], 0, "!clip"],
  [checkpoint, ["--sampler", "dpm++2m:sigmas=karras"], 0, "!Sampler"],
  [checkpoint, ["--sampler", "dpmpp_2m"], 2, 'is called "dpm++2m" here'],
  [
    checkpoint,
    ["--lora", "me/loras/sd15.safetensors"],
    1,
    "is for Stable Diffusion 1.x",
  ],
  [
    checkpoint.replace(".safe", "_fp8.safe"),
    [],
    1,
    "tensors of type F8_E4M3",
  ],
  [
    "stabilityai/stable-diffusion-xl-refiner-1.0/sd_xl_refiner_1.0.safetensors",
    [],
    1,
    "is the refiner of Stable Diffusion XL, which makes no picture by itself",
  ],
  [inpainting, [], 1, "or --inpaint and --mask"],
  [
    inpainting,
    ["--inpaint", "photo.png", "--mask", "mask.png"],
    0,
    "!inpainting model",
  ],
  [
    "black-forest-labs/FLUX.1-dev/flux1-dev.safetensors",
    [],
    1,
    "but FLUX in the original layout",
  ],
  [
    "stabilityai/stable-diffusion-3-medium/sd3_medium.safetensors",
    [],
    1,
    "but Stable Diffusion 3",
  ],
];

Deno.test("the commands that a user of ComfyUI types first work, or say in a sentence why not", async () => {
  await inTempDir(async (dir) => {
    const hub = startHub({ files: {}, repos: await comfyFiles(dir) });
    await Deno.writeTextFile(join(dir, "scene.json"), '{"caption": "a cat"}');
    const side = { width: 64, height: 64 };
    const mask = blankRaster(64, 64, [0, 0, 0, 255]);
    mask.data.fill(255, 0, 64 * 32 * 4);
    for (
      const [name, raster] of [
        ["photo", blankRaster(side.width, side.height, [90, 120, 60, 255])],
        ["mask", mask],
      ] as const
    ) {
      await Deno.writeFile(join(dir, `${name}.png`), await encodeImage(raster));
    }
    const small = ["--steps", "1", "--size", "64x64", "--backend", "onnx"];
    try {
      const done = await run(
        comfyCommands.map(([model, flags], i) => [
          ...["generate", "scene.json", "--model", model, "-o", `${i}.png`],
          ...[...small, ...flags],
        ]),
        {
          cwd: dir,
          env: {
            HF_ENDPOINT: hub.endpoint,
            HF_HOME: join(dir, "cache"),
            HF_HUB_OFFLINE: "0",
          },
        },
      );
      for (const [i, [model, flags, code, text]] of comfyCommands.entries()) {
        const command = `${model} ${flags.join(" ")}: ${done[i]!.text}`;
        assertEquals(done[i]!.code, code, command);
        const isAbsent = text.startsWith("!");
        const found = done[i]!.text.includes(text.replace(/^!/, ""));
        assertEquals(found, !isAbsent, command);
      }
      const pixels = async (i: number) =>
        (await decodeImage(await Deno.readFile(join(dir, `${i}.png`)))).data;
      const plain = await pixels(0);
      // the VAE is the checkpoint's own
      assertEquals(await pixels(6), plain);
      for (const changed of [1, 2, 3]) {
        const now = await pixels(changed);
        assert(now.some((value, at) => value !== plain[at]));
      }
    } finally {
      await hub.stop();
    }
  });
});
