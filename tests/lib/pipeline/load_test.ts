/** Models whose configs are as sparse as public ones, or wrong: as `load` and `doctor` read them. */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { onnxExecutor } from "../../../lib/ops/onnx/executor.ts";
import { diagnose } from "../../../lib/doctor/diagnose.ts";
import { LocRef } from "../../../lib/model/locref.ts";
import { encoderCases } from "../../../tools/golden/encoder_cases.ts";
import { pipelineCases } from "../../../tools/golden/pipeline_cases.ts";
import { REPO, startHub } from "../weights/loopback_hub.ts";
import { inTempDir } from "../weights/temp_dir.ts";

const goldens = new URL("../../goldens/", import.meta.url).pathname;

/** What first-generation repositories would have written for the golden model, and the rest left out. */
const sparse: Record<string, object> = {
  "unet/config.json": {
    block_out_channels: [32, 64, 64, 64],
    cross_attention_dim: 32,
    sample_size: 16,
  },
  "vae/config.json": {
    block_out_channels: [32, 32, 64, 64],
    down_block_types: Array(4).fill("DownEncoderBlock2D"),
    layers_per_block: 2,
    up_block_types: Array(4).fill("UpDecoderBlock2D"),
  },
  "text_encoder/config.json": {
    hidden_size: 32,
    intermediate_size: 128,
    num_attention_heads: 4,
    num_hidden_layers: 3,
  },
  "model_index.json": {},
};

/** The golden model with other settings files, its weights linked. */
async function tinyModel(
  dir: string,
  files: Record<string, unknown> = {},
): Promise<string> {
  const model = join(dir, "sd-tiny");
  for (
    const part of ["unet", "vae", "text_encoder", "tokenizer", "scheduler"]
  ) {
    await Deno.mkdir(join(model, part), { recursive: true });
    for await (const { name } of Deno.readDir(join(goldens, "sd-tiny", part))) {
      const target = join(goldens, "sd-tiny", part, name);
      await Deno.symlink(target, join(model, part, name));
    }
  }
  const index = join(goldens, "sd-tiny", "model_index.json");
  await Deno.symlink(index, join(model, "model_index.json"));
  for (const [path, content] of Object.entries(files)) {
    await Deno.remove(join(model, path));
    const text = typeof content === "string"
      ? content
      : JSON.stringify(content);
    await Deno.writeTextFile(join(model, path), text);
  }
  return model;
}

async function config(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(join(goldens, path)));
}

Deno.test("a model with sparse configs makes diffusers' picture of the full ones", async () => {
  await inTempDir(async (dir) => {
    await tinyModel(dir, sparse);
    for (const name of ["pipeline.json", "pipeline.safetensors"]) {
      await Deno.symlink(join(goldens, name), join(dir, name));
    }
    const executor = await onnxExecutor({ threads: 1 });
    const [one] = pipelineCases;
    const error = await one!.run({ dir, executor });
    assert(error < one!.bound, `${error}`);
  });
});

Deno.test("an image encoder under the config of a whole CLIP has transformers' features", async () => {
  await inTempDir(async (dir) => {
    const folder = join(dir, "clip-vision-gelu");
    await Deno.mkdir(folder);
    const { projection_dim, ...vision } = await config(
      "clip-vision-gelu/config.json",
    );
    const whole = {
      model_type: "clip",
      projection_dim,
      text_config: {},
      vision_config: vision,
    };
    await Deno.writeTextFile(
      join(folder, "config.json"),
      JSON.stringify(whole),
    );
    for (
      const [from, to] of [
        [
          "clip-vision-gelu/model.safetensors",
          "clip-vision-gelu/model.safetensors",
        ],
        ["clip_vision_gelu.safetensors", "clip_vision_gelu.safetensors"],
      ] as const
    ) await Deno.symlink(join(goldens, from), join(dir, to));
    const executor = await onnxExecutor({ threads: 1 });
    const one = encoderCases.find(({ name }) => name === "clip_vision.gelu")!;
    const error = await one.run({ dir, executor });
    assert(error < one.bound, `${error}`);
  });
});

Deno.test("keys that no library knows are warnings of the model and notes of doctor", async () => {
  await inTempDir(async (dir) => {
    const vae = await config("sd-tiny/vae/config.json");
    const model = await tinyModel(dir, {
      "vae/config.json": { ...vae, scaling_facter: 1, _note: "x" },
    });
    const loaded = await LocRef.load(model, { backend: "onnx" });
    const { warnings } = loaded;
    await loaded.dispose();
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0]!, "vae/config.json");
    assertStringIncludes(warnings[0]!, '(did you mean "scaling_factor"?)');
    const found = await diagnose(model, { values: false });
    assert(found.ok);
    assertEquals(found.warnings, warnings);
  });
});

/** Settings files that must stop `load` and `doctor` in the same sentence. */
const wrong: [string, string, unknown, string][] = [
  [
    "layers without end",
    "unet/config.json",
    { layers_per_block: 1e9 },
    '"layers_per_block" must',
  ],
  ["layers of text without end", "text_encoder/config.json", {
    num_hidden_layers: 1e9,
  }, '"num_hidden_layers" must'],
  ["an XL UNet's config", "unet/config.json", {
    addition_embed_type: "text_time",
  }, '"addition_time_embed_dim" must'],
  [
    "a scaling factor of text",
    "vae/config.json",
    { scaling_factor: "x" },
    '"scaling_factor" must',
  ],
  [
    "a guidance of text",
    "model_index.json",
    { _locref: { guidance: "NaN" } },
    '"_locref.guidance" must',
  ],
  [
    "another pipeline",
    "model_index.json",
    { _class_name: "FluxPipeline" },
    '"_class_name" must',
  ],
  ["a list", "vae/config.json", [1, 2], "must hold a JSON object, got [1, 2]"],
  [
    "a number that JSON lacks",
    "vae/config.json",
    '{"scaling_factor": NaN}',
    '"scaling_factor" must be a number from 0.001 to 1000, got NaN',
  ],
  [
    "half a file",
    "unet/config.json",
    '{"act_fn": "si',
    'unet/config.json" is not JSON',
  ],
  [
    "a file without end of brackets",
    "unet/config.json",
    "[".repeat(500_000),
    'unet/config.json" is not JSON',
  ],
  [
    "deep lists",
    "unet/config.json",
    `${"[".repeat(200_000)}${"]".repeat(200_000)}`,
    'unet/config.json" must hold a JSON object',
  ],
  [
    "a huge file",
    "unet/config.json",
    `{"a": "${"x".repeat(2 ** 20)}"}`,
    'unet/config.json" must have at most 1.05 MB',
  ],
  [
    "an empty file",
    "text_encoder/config.json",
    "",
    'text_encoder/config.json" is not JSON',
  ],
];

for (const [title, path, content, said] of wrong) {
  Deno.test(`${title} in ${path}: load and doctor refuse it in one sentence`, async () => {
    await inTempDir(async (dir) => {
      const plain = typeof content === "object" && !Array.isArray(content)
        ? { ...await config(`sd-tiny/${path}`), ...content }
        : content;
      const model = await tinyModel(dir, { [path]: plain });
      const error = await assertRejects(
        () => LocRef.load(model, { backend: "onnx" }),
        LocRefError,
      );
      assertStringIncludes(error.message, path);
      assertStringIncludes(error.message, said);
      assert(error.message.length < 700 && !error.message.includes("\n"));
      const found = await diagnose(model, { values: false });
      assert(!found.ok);
      assertEquals(found.problems, [error.message]);
    });
  });
}

Deno.test("a folder in place of a config is refused, not read", async () => {
  await inTempDir(async (dir) => {
    const model = await tinyModel(dir);
    await Deno.remove(join(model, "vae/config.json"));
    await Deno.mkdir(join(model, "vae/config.json"));
    await assertRejects(
      () => LocRef.load(model, { backend: "onnx" }),
      LocRefError,
      'vae/config.json" must be a regular file',
    );
  });
});

Deno.test("the config beside a single part is read by doctor too", async () => {
  await inTempDir(async (dir) => {
    const model = await tinyModel(dir, {
      "unet/config.json": { time_embedding_type: "fourier" },
    });
    const found = await diagnose(join(model, "unet"), { values: false });
    assert(!found.ok);
    assertStringIncludes(
      found.problems[0]!,
      '"time_embedding_type" must be "positional"',
    );
  });
});

for (
  const [channels, said] of [
    [8, "it is a picture-editing UNet, which also reads a picture"],
    [5, "it is a depth UNet, which also reads a depth map"],
    [7, "it is an upscaling UNet, which also reads a small picture"],
    [6, "it reads 6 channels, but latents have 4"],
  ] as const
) {
  Deno.test(`a UNet of ${channels} channels is refused at loading`, async () => {
    await inTempDir(async (dir) => {
      const unet = await config("sd-tiny/unet/config.json");
      const model = await tinyModel(dir, {
        "unet/config.json": { ...unet, in_channels: channels },
      });
      await assertRejects(
        () => LocRef.load(model, { backend: "onnx" }),
        LocRefError,
        said,
      );
    });
  });
}

Deno.test("doctor reads the settings of a repository on the hub, and keeps none", async () => {
  const path = join(goldens, "sd-tiny/vae");
  const vae = await config("sd-tiny/vae/config.json");
  const files = {
    "vae/config.json": new TextEncoder().encode(
      JSON.stringify({ ...vae, shift_factor: 0.5, scaling_facter: 1 }),
    ),
    "vae/diffusion_pytorch_model.safetensors": await Deno.readFile(
      join(path, "diffusion_pytorch_model.safetensors"),
    ),
  };
  const hub = startHub({ files });
  try {
    await inTempDir(async (cacheDir) => {
      const { endpoint } = hub;
      const options = { endpoint, cacheDir, offline: false };
      const found = await diagnose(`${REPO}/vae`, options);
      assert(!found.ok);
      assertEquals(found.files[0]!.problems, []);
      assertStringIncludes(
        found.problems[0]!,
        `File "${REPO}/vae/config.json": key "shift_factor" must be null or 0`,
      );
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("a whole CLIP is fine for doctor, as one file with both towers", async () => {
  const clip = new URL("../../data/clip_model", import.meta.url).pathname;
  const { ok, files, problems, warnings } = await diagnose(clip);
  assertEquals([...problems, ...files[0]!.problems, ...warnings], []);
  assert(ok);
  assertEquals(files[0]!.kind, "clip");
});

Deno.test("a model that lacks most of its tensors is refused in a message of bounded length", async () => {
  await inTempDir(async (dir) => {
    const unet = await config("sd-tiny/unet/config.json");
    const model = await tinyModel(dir, {
      "unet/config.json": {
        ...unet,
        layers_per_block: 16,
        transformer_layers_per_block: 8,
      },
    });
    const error = await assertRejects(
      () => LocRef.load(model, { backend: "onnx" }),
      LocRefError,
    );
    assertStringIncludes(error.message, "does not fit the model");
    assertStringIncludes(error.message, " more)");
    assert(error.message.length < 4000, `${error.message.length}`);
  });
});
