/**
 * `deno task bench:setup`: a Python environment with the libraries that the product is measured
 * against, in `.cache/bench/venv`, and onnxruntime-web for the measurements in a browser, in
 * `.cache/bench/web`. The product itself never uses either.
 */

import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { python, root, webFolder } from "./paths.ts";

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
  "nncf",
  "DeepCache",
];

/** What runs exported graphs in a browser. */
const web = { "onnxruntime-web": "npm:onnxruntime-web@1.30.0" };

async function run(
  program: string,
  args: readonly string[],
  cwd = root,
): Promise<void> {
  const { code } = await new Deno.Command(program, {
    args: [...args],
    cwd,
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
  const folder = `${root}${webFolder}`;
  await mkdir(folder, { recursive: true });
  await writeFile(
    `${folder}/deno.json`,
    JSON.stringify({ nodeModulesDir: "auto", imports: web }),
  );
  await run(Deno.execPath(), ["install"], folder);
  console.log(`The peers are in .cache/bench/venv: ${packages.join(", ")}`);
}
