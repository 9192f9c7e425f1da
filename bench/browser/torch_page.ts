import { existsSync } from "node:fs";
import { python } from "../paths.ts";
import type { PageMode } from "./timed_page.ts";

const folder = ".cache/bench/pocket-torch";

/** A page that runs torch.onnx's export of diffusers' pocket UNet, a step after the other. */
export async function writeTorchPage(
  { provider, threads }: PageMode,
  steps: number,
): Promise<{ page: string; folder: string }> {
  if (!existsSync(`${folder}/unet.onnx`)) await exportUnet();
  const file = provider === "webgpu"
    ? "ort.webgpu.min.mjs"
    : "ort.wasm.min.mjs";
  const page = `<!doctype html><script type="module">
import * as ort from "/ort/${file}";
const tell = (what) => fetch("done", { method: "POST", body: JSON.stringify(what) });
try {
  ort.env.wasm.numThreads = ${threads};
  const shapes = await (await fetch("shapes.json")).json();
  const unet = await ort.InferenceSession.create("unet.onnx", { executionProviders: ["${provider}"] });
  const feeds = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return [name, new ort.Tensor("float32", Float32Array.from({ length }, (_, i) => Math.sin(i)), shape)];
  }));
  const steps = [];
  for (let i = 0; i < ${steps}; i++) {
    const [result] = Object.values(await unet.run(feeds));
    await result.getData?.();
    steps.push(performance.now());
  }
  tell({ steps });
} catch (error) {
  tell({ error: String(error) });
}
</script>`;
  return { page, folder };
}

async function exportUnet(): Promise<void> {
  const { success, stderr } = await new Deno.Command(python, {
    args: ["bench/peers/pocket_export.py", folder],
  }).output();
  if (success) return;
  throw new Error(new TextDecoder().decode(stderr).slice(-1000));
}
