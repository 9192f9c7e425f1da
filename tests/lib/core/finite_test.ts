import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { cp } from "node:fs/promises";
import { box, LocRef, LocRefError, scene } from "../../../mod.ts";
import { noiseSchedule } from "../../../lib/ddim/noise_schedule.ts";
import { chooseSampler, planRun } from "../../../lib/ddim/samplers.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { denoise } from "../../../lib/pipeline/denoise/denoise.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import { inTempDir } from "../weights/temp_dir.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));
const one = scene().caption("a star").place(
  join(root, "examples/assets/star.png"),
  box.percent(10, 10, 90, 90),
);

/** Puts one NaN into a weight of a file and returns what takes it out again. */
async function spoil(path: string, name: string): Promise<() => Promise<void>> {
  const file = await openSafetensors(path);
  const { offset, dtype, length } = file.info(name)!;
  const nan = dtype === "F32"
    ? [0, 0, 0xc0, 0x7f]
    : dtype === "F16"
    ? [0, 0x7e]
    : [0xc0, 0x7f];
  const middle = Math.floor(length / nan.length / 2) * nan.length;
  const bytes = await Deno.readFile(path);
  const spoilt = bytes.slice();
  spoilt.set(nan, offset + middle);
  await Deno.writeFile(path, spoilt);
  return () => Deno.writeFile(path, bytes);
}

const unet = "unet/diffusion_pytorch_model.safetensors";
const vae = "vae/diffusion_pytorch_model.safetensors";
const locref = "locref/locref.safetensors";
const stages: [string, RegExp, string, string][] = [
  ["text_encoder/model.safetensors", /q_proj.weight$/, "text encoder", "text_"],
  [
    "image_encoder/model.safetensors",
    /layers.0.*fc1.bias$/,
    "image encoder",
    "image_encoder",
  ],
  [locref, /^appearance_net.*weight$/, "Appearance-Net", "locref.safetensors"],
  [locref, /^layout_net.*ri.*weight$/, "Layout-net's keys and", "locref.saf"],
  [unet, /attn2.to_k.weight$/, "UNet's keys and values of text", "unet"],
  [unet, /conv_in.weight$/, "UNet at step 1 of 2", "unet"],
  [vae, /^decoder.conv_in.bias$/, "VAE's decoder", "vae"],
];

Deno.test("one NaN among the weights is an error that names the stage, whatever the backend", async () => {
  await inTempDir(async (dir) => {
    const folder = join(dir, "model");
    await cp(join(root, "models/pocket"), folder, { recursive: true });
    for (const [file, pattern, stage, files] of stages) {
      const path = join(folder, file);
      const names = (await openSafetensors(path)).names();
      const name = names.find((name) => pattern.test(name))!;
      const repair = await spoil(path, name);
      for (const backend of ["onnx", "wasm"] as const) {
        if (backend === "wasm" && file === unet) continue; // slow, and alike
        await using model = await LocRef.load(folder, { backend });
        const error = await assertRejects(
          () => one.generate({ model, steps: 2 }),
          LocRefError,
          `The result of the ${stage}`,
          `${name} on ${backend}`,
        );
        assertEquals(error.code, "not-finite");
        assertStringIncludes(error.message, "doctor");
        assertStringIncludes(error.message, files);
      }
      await repair();
    }
  });
});

Deno.test("a model with a NaN is not exported, and leaves no folder", async () => {
  await inTempDir(async (dir) => {
    const folder = join(dir, "model");
    await cp(join(root, "models/pocket"), folder, { recursive: true });
    await spoil(join(folder, vae), "encoder.conv_in.bias");
    await using model = await LocRef.load(folder, { backend: "onnx" });
    await assertRejects(
      () => model.export(join(dir, "export")),
      LocRefError,
      "hold NaN or infinity and are not exported: 1 in encoder.conv_in.bias",
    );
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["model"]);
  });
});

Deno.test("a preview that is not finite is an error, too", async () => {
  await inTempDir(async (dir) => {
    const folder = join(dir, "model");
    await cp(join(root, "models/pocket"), folder, { recursive: true });
    await spoil(join(folder, vae), "decoder.conv_in.bias");
    await using model = await LocRef.load(folder, { backend: "onnx" });
    const steps = one.steps({ model, steps: 2 });
    const { value } = await steps.next();
    if (!value || !("preview" in value)) throw new Error("no step");
    await assertRejects(
      () => value.preview(),
      LocRefError,
      "The result of the VAE's decoder is not finite",
    );
  });
});

Deno.test("predictions that are finite but lead to infinity are an error at their step", async () => {
  const shape = [1, 4, 8, 8];
  const huge = tensor(shape, new Float32Array(256).fill(3e38));
  const unet = {
    run: () => Promise.resolve({ prediction: huge }),
    dispose: () => Promise.resolve(),
  };
  const schedule = noiseSchedule({ clip_sample: false });
  const steps = denoise(unet, {
    stepInputs: () => ({ time: tensor([1, 8], new Float32Array(8)) }),
    sampler: planRun(schedule, chooseSampler("ddim"), 4),
    noise: tensor(shape, new Float32Array(256).fill(1)),
    guidance: 1,
    inputsAt: () => ({}),
  });
  await assertRejects(
    () => steps.next(),
    LocRefError,
    "The result of the sampler at step 1 of 4 is not finite",
  );
});
