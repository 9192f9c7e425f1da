import { importPackage } from "../../../lib/core/packages/import_package.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { exportModel } from "../../../lib/export/export_model.ts";
import { makePicture } from "../../../lib/pipeline/make_picture.ts";
import { loadModel } from "../../../lib/pipeline/load/load_model.ts";
import type { SceneData } from "../../../lib/scene_data/scene_data.ts";
import { inTempDir } from "../weights/temp_dir.ts";

const asset = (name: string) =>
  new URL(`../../../examples/assets/${name}`, import.meta.url).pathname;

const scene: SceneData = {
  version: 1,
  caption: "a lemon and a soap",
  negative: "",
  instances: ["basketball.png", "star.png"].map((name, i) => ({
    reference: asset(name),
    box: { x0: 0.1 + 0.4 * i, y0: 0.2, x1: 0.5 + 0.4 * i, y1: 0.8 },
    scale: 1,
    start: 0,
    end: 1,
    z: 0,
    cutout: "alpha",
  })),
};

interface PageResult {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

/**
 * Runs the page's own script, with onnxruntime-node in the place of onnxruntime-web and a stand-in
 * for the browser's document.
 */
async function runPage(folder: string): Promise<PageResult> {
  const html = await Deno.readTextFile(join(folder, "index.html"));
  const script = /<script type="module">\n([\s\S]*)<\/script>/.exec(html)![1]!;
  const code = script.replace(/^import \* as ort from ".*";\n/, "");
  assert(code !== script);
  const ort = await importPackage("onnxruntime");
  let result: PageResult | undefined;
  const canvas = {
    getContext: () => ({
      putImageData: (image: PageResult) => result = image,
    }),
  };
  const stand = {
    ort: {
      Tensor: ort.Tensor,
      InferenceSession: {
        create(file: string, { externalData }: {
          externalData: { path: string; data: string }[];
        }) {
          for (const { data } of externalData) {
            Deno.statSync(join(folder, data));
          }
          return ort.InferenceSession.create(join(folder, file));
        },
      },
    },
    fetch: async (path: string) =>
      new Response(await Deno.readFile(join(folder, path))),
    document: {
      querySelector: (name: string) => name === "canvas" ? canvas : {},
    },
    ImageData: class {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {}
    },
  };
  const run = new Function(
    ...Object.keys(stand),
    `return (async () => {${code}})();`,
  );
  await run(...Object.values(stand));
  return result!;
}

Deno.test("The exported page makes the picture that generate makes", async () => {
  await using model = await loadModel("pocket", { backend: "onnx" });
  await inTempDir(async (dir) => {
    const folder = join(dir, "web");
    const settings = { steps: 3, guidance: 2, seed: 5 };
    const manifest = await exportModel(model, folder, { scene, ...settings });
    const picture = await makePicture({ scene, model }, settings);
    const page = await runPage(folder);
    assertEquals([page.width, page.height], [picture.width, picture.height]);
    const difference = Math.max(
      ...page.data.map((value, i) => Math.abs(value - picture.data[i]!)),
    );
    assert(difference <= 1, `differs by ${difference}`);
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["web"]);
    assertEquals(Object.keys(manifest.graphs).sort(), [
      "appearance_net",
      "ci_key_value",
      "image_encoder",
      "ri_key_value",
      "text_encoder",
      "text_key_value",
      "unet",
      "vae_decoder",
    ]);
    assertEquals(manifest.graphs.unet!.data, ["unet.safetensors"]);
    const stored = await Deno.readTextFile(join(folder, "manifest.json"));
    assertEquals(/"(\/|file:)/.test(stored), false);
    assertEquals(JSON.parse(stored), JSON.parse(JSON.stringify(manifest)));
  });
});

Deno.test("A model exported for WebGPU makes the same picture, with attention in plain operators", async () => {
  await using model = await loadModel("pocket", { backend: "onnx" });
  await inTempDir(async (dir) => {
    const folder = join(dir, "web");
    const settings = { steps: 2, guidance: 2, seed: 5 };
    await exportModel(model, folder, { scene, ...settings, webgpu: true });
    const text = new TextDecoder("latin1");
    const unet = text.decode(await Deno.readFile(join(folder, "unet.onnx")));
    assertEquals(unet.includes("MultiHeadAttention"), false);
    const html = await Deno.readTextFile(join(folder, "index.html"));
    assertMatch(
      html,
      /ort\.webgpu\.min\.mjs.*executionProviders: \["webgpu"\]/s,
    );
    const picture = await makePicture({ scene, model }, settings);
    const page = await runPage(folder);
    const difference = Math.max(
      ...page.data.map((value, i) => Math.abs(value - picture.data[i]!)),
    );
    assert(difference <= 1, `differs by ${difference}`);
  });
});

Deno.test("Without a scene, the example places two balls that are drawn for it", async () => {
  await using model = await loadModel("pocket", { backend: "onnx" });
  await inTempDir(async (dir) => {
    const folder = join(dir, "web");
    const { example } = await exportModel(model, folder, { steps: 1 });
    assertEquals(example.scene.instances.length, 2);
    const { width, height } = await runPage(folder);
    assertEquals({ width, height }, model.nativeSize);
  });
});

Deno.test("The exported page is twenty-odd lines", async () => {
  const { exportPage } = await import(
    "../../../lib/export/export_page.ts"
  );
  for (const provider of ["wasm", "webgpu"] as const) {
    assert(exportPage(provider).trim().split("\n").length <= 24);
  }
});

Deno.test("Nothing is exported over what is there, nor left behind by what fails", async () => {
  await using model = await loadModel("pocket", { backend: "onnx" });
  await inTempDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "mine"), "");
    const error = await assertRejects(
      () => exportModel(model, dir),
      LocRefError,
    );
    assertStringIncludes(
      (error as Error).message,
      'holds "mine": name a new folder',
    );
    const folder = join(dir, "web");
    const late = {
      ...scene,
      instances: scene.instances.map((one) => ({ ...one, start: 0.5 })),
    };
    await assertRejects(
      () => exportModel(model, folder, { scene: late }),
      LocRefError,
      "Instance 1 acts from 0.5 to 1 of the steps",
    );
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["mine"]);
  });
});
