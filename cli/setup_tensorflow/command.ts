/**
 * Makes TensorFlow run under Deno: `setup-tensorflow [--gpu] [--force]`.
 *
 * Tries the install script of tfjs-node; where its download is out of reach, links the same
 * binding against TensorFlow 2.21 from Maven. A second run only checks that everything exists.
 */

import { join } from "node:path";
import process from "node:process";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import { checkBinding } from "./check_binding.ts";
import { fetchLibrary, libraryFiles } from "./fetch_library.ts";
import { linkBinding } from "./link_binding.ts";
import { missingCuda } from "./missing_cuda.ts";
import { ownInstall } from "./own_install.ts";
import { stampHolds, writeStamp } from "./stamp.ts";
import { defineCommand } from "../../lib/core/command/command.ts";
import { toggle } from "../../lib/core/command/option.ts";
import { mayHaveNvidiaDriver } from "../../lib/ops/gpu/nvidia_driver.ts";

const log = (line: string) => console.error(line);

/** `deno task setup:tensorflow`. */
export const command = defineCommand({
  about:
    `Makes TensorFlow run under Deno, for training and for the backends "tensorflow" and
    "tensorflow-gpu".`,
  options: {
    gpu: toggle(
      "set up tfjs-node-gpu, for NVIDIA GPUs with CUDA 12 and cuDNN 9",
    ),
    force: toggle(
      "set up again, even where all is in place, and without an NVIDIA driver",
    ),
  },
  async main({ gpu, force }) {
    try {
      return await setUp(gpu, force);
    } catch (error) {
      log(error instanceof Error ? error.message : String(error));
      return 1;
    }
  },
});

async function setUp(gpu: boolean, force: boolean): Promise<number> {
  const name = `@tensorflow/tfjs-node${gpu ? "-gpu" : ""}`;
  const folder = await importPackage(
    gpu ? "tfjs_node_gpu_folder" : "tfjs_node_folder",
  );
  const binding = join(folder, "lib", "napi-v8", "tfjs_binding.node");
  if (!force && await stampHolds(folder)) {
    console.log(`TensorFlow is set up for ${name}`);
    return 0;
  }
  if (!force && await exists(binding)) {
    const code = await finish(gpu, folder, [binding]);
    if (code === 0) return code;
  }
  if (gpu && !force && !mayHaveNvidiaDriver()) {
    throw new Error(
      "No NVIDIA driver is loaded: install it first, or fetch all the same with --force",
    );
  }
  const files = await install(gpu, folder, binding);
  return await finish(gpu, folder, files);
}

async function install(
  gpu: boolean,
  folder: string,
  binding: string,
): Promise<string[]> {
  log("Trying the package's own install script");
  const refusal = await ownInstall(folder, gpu);
  if (refusal === undefined) {
    const report = await checkBinding(gpu);
    if (typeof report !== "string") return [binding];
    log(`What it installed does not run: ${report}`);
  } else {
    log(`It did not work: ${refusal}`);
  }
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `TensorFlow ${
        refusal ?? ""
      } cannot be linked on ${process.platform} ${process.arch}: only Linux on x86-64 has ready libraries. Use the backend "onnx" or "wasm"`,
    );
  }
  const library = await fetchLibrary(gpu, log);
  log("Building the binding (about 20 s)");
  await linkBinding(folder, library);
  return [binding, ...libraryFiles.map((file) => join(library, file))];
}

/** Computes with the binding, says how it went and remembers a success. */
async function finish(
  gpu: boolean,
  folder: string,
  files: readonly string[],
): Promise<number> {
  const report = await checkBinding(gpu);
  if (typeof report === "string") {
    log(`The binding does not run: ${report}`);
    return 1;
  }
  if (gpu && report.device !== "gpu") {
    const missing = await missingCuda();
    log(["TensorFlow found no GPU it can use", ...missing].join("; "));
    return 1;
  }
  await writeStamp(folder, files);
  console.log(`TensorFlow ${report.version} runs on the ${report.device}`);
  return 0;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
