/**
 * `deno task bench:setup`: a Python environment with the libraries that the product is measured
 * against, in `.cache/bench/venv`. The product itself never uses it.
 */

import { existsSync } from "node:fs";
import { python, root } from "./paths.ts";

/** The peers, by what each is measured in. */
const packages = [
  "torch",
  "diffusers",
  "transformers",
  "accelerate",
  "safetensors",
  "onnx",
  "onnxscript",
  "onnxruntime",
  "openvino",
  "pillow",
  "pycocotools",
  "faster-coco-eval",
  "webdataset",
];

async function run(program: string, args: readonly string[]): Promise<void> {
  const { code } = await new Deno.Command(program, {
    args: [...args],
    cwd: root,
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (code !== 0) {
    console.error(`${program} ${args.join(" ")} failed`);
    Deno.exit(1);
  }
}

if (import.meta.main) {
  if (!existsSync(`${root}${python}`)) {
    await run("python3", ["-m", "venv", ".cache/bench/venv"]);
  }
  await run(python, ["-m", "pip", "install", "--quiet", ...packages]);
  console.log(`The peers are in .cache/bench/venv: ${packages.join(", ")}`);
}
