/**
 * Makes onnxruntime run on NVIDIA GPUs: `setup-cuda [--libraries] [--force]`.
 *
 * Takes two libraries out of PyPI's build of the same onnxruntime and lays them beside npm's.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { defineCommand } from "../../lib/core/command/command.ts";
import { toggle } from "../../lib/core/command/option.ts";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import { mayHaveNvidiaDriver } from "../../lib/ops/gpu/nvidia_driver.ts";
import {
  cudaFolder,
  cudaLibraries,
  fetchedLibrary,
} from "../../lib/ops/gpu/cuda_libraries.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import { hasCommand, runCommand } from "../setup_tensorflow/run_command.ts";
import { unzipFiles } from "../setup_tensorflow/unzip_files.ts";

const log = (line: string) => console.error(line);

/** The parts of onnxruntime that npm's package lacks. */
const providerFiles = [
  "libonnxruntime_providers_shared.so",
  "libonnxruntime_providers_cuda.so",
] as const;

/** `deno task setup:cuda`. */
export const command = defineCommand({
  about:
    `Makes the backend "onnx-cuda" run on Linux: fetches the CUDA 13 provider of onnxruntime (250 MB)
    with pip, and on request NVIDIA's libraries.`,
  options: {
    libraries: toggle(
      "fetch CUDA 13.0 and cuDNN 9 too (1.3 GB), where the system lacks them",
    ),
    force: toggle(
      "fetch again, and without an NVIDIA driver",
    ),
  },
  notes:
    "Needs an NVIDIA driver for CUDA 13 (580 or newer) and Python with pip.",
  async main({ libraries, force }) {
    try {
      return await setUp({ libraries, force });
    } catch (error) {
      log(error instanceof Error ? error.message : String(error));
      return 1;
    }
  },
});

async function setUp(
  { libraries, force }: { libraries: boolean; force: boolean },
): Promise<number> {
  checkMachine(force);
  const folder = await providerFolder();
  const there = providerFiles.every((file) => existsSync(join(folder, file)));
  if (force || !there) await fetchProvider(folder);
  const absent = () =>
    cudaLibraries.filter(({ file }) => fetchedLibrary(file) === undefined);
  if (libraries && (force || absent().length > 0)) await fetchLibraries();
  try {
    const { executor } = await openExecutor("onnx-cuda");
    await executor.dispose();
    console.log("Backend onnx-cuda runs");
    return 0;
  } catch (error) {
    log((error as Error).message);
    if (!libraries && absent().length > 0) {
      log("With --libraries, CUDA 13.0 and cuDNN 9 are fetched too");
    }
    return 1;
  }
}

function checkMachine(force: boolean): void {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(
      `onnxruntime has a CUDA provider for Linux on x86-64 only, and this is ${process.platform} ${process.arch}: use the backend "onnx-webgpu"`,
    );
  }
  if (force || mayHaveNvidiaDriver()) return;
  throw new Error(
    "No NVIDIA driver is loaded: install it first, or fetch all the same with --force",
  );
}

/** Folder of npm's onnxruntime in which a provider is looked for. */
async function providerFolder(): Promise<string> {
  const root = await importPackage("onnxruntime_folder");
  return join(root, "bin", "napi-v6", "linux", "x64");
}

async function fetchProvider(folder: string): Promise<void> {
  const ort = await importPackage("onnxruntime");
  const wheel = `onnxruntime-gpu==${ort.env.versions.node}`;
  const part = await Deno.makeTempDir({ prefix: "locref-cuda-" });
  try {
    log(`pip fetches ${wheel} (250 MB)`);
    await pip([
      ...["download", "--no-deps", "--only-binary=:all:"],
      ...["--python-version=3.12", "--implementation=cp"],
      ...["--platform=manylinux_2_28_x86_64", `--dest=${part}`, wheel],
    ]);
    const [archive] = [...Deno.readDirSync(part)].map(({ name }) => name);
    log("Unpacking two shared libraries (270 MB)");
    // whole files only: a provider that was cut off would end the process
    const unpacked = await Deno.makeTempDir({ dir: folder, prefix: ".part-" });
    try {
      await unzipFiles(join(part, archive!), unpacked, providerFiles);
      for (const file of providerFiles) {
        await Deno.rename(join(unpacked, file), join(folder, file));
      }
    } finally {
      await Deno.remove(unpacked, { recursive: true });
    }
  } finally {
    await Deno.remove(part, { recursive: true });
  }
}

async function fetchLibraries(): Promise<void> {
  const wheels = [...new Set(cudaLibraries.map(({ wheel }) => wheel))];
  log(`pip fetches ${wheels.join(", ")} (1.3 GB)`);
  await Deno.mkdir(cudaFolder(), { recursive: true });
  await pip([
    ...["install", "--no-deps", "--only-binary=:all:", "--upgrade"],
    "--python-version=3.12",
    ...["manylinux2014", "manylinux_2_17", "manylinux_2_27", "manylinux_2_28"]
      .map((system) => `--platform=${system}_x86_64`),
    ...[`--target=${cudaFolder()}`, ...wheels],
  ]);
}

async function pip(args: readonly string[]): Promise<void> {
  if (!await hasCommand("python3")) {
    throw new Error("Python is missing: install python3 with pip");
  }
  const { code, tail } = await runCommand("python3", ["-m", "pip", ...args]);
  if (code === 0) return;
  const lines = tail.split("\n");
  const reason = lines.find((line) => /error/i.test(line)) ?? lines.at(-1);
  throw new Error(`pip could not fetch it: ${(reason ?? "").trim()}`);
}
