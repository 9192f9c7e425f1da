/** NVIDIA's libraries that `setup-cuda --libraries` fetches, where the system has none. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cacheFolder } from "../../core/files/cache_folder.ts";

/** A library of NVIDIA that onnxruntime's CUDA provider needs, in the order of loading. */
export interface CudaLibrary {
  readonly file: string;
  /** Package of PyPI that brings it, with its version. */
  readonly wheel: string;
}

/** The libraries of CUDA 13.0 and cuDNN 9. */
export const cudaLibraries: readonly CudaLibrary[] = [
  { file: "libcudart.so.13", wheel: "nvidia-cuda-runtime==13.0.96" },
  { file: "libnvrtc.so.13", wheel: "nvidia-cuda-nvrtc==13.0.88" },
  { file: "libnvJitLink.so.13", wheel: "nvidia-nvjitlink==13.0.88" },
  { file: "libcublasLt.so.13", wheel: "nvidia-cublas==13.0.2.14" },
  { file: "libcublas.so.13", wheel: "nvidia-cublas==13.0.2.14" },
  { file: "libcurand.so.10", wheel: "nvidia-curand==10.4.0.35" },
  { file: "libcufft.so.12", wheel: "nvidia-cufft==12.0.0.61" },
  { file: "libcudnn.so.9", wheel: "nvidia-cudnn-cu13==9.14.0.64" },
];

/** Folder that `setup-cuda --libraries` fetches them into. */
export function cudaFolder(): string {
  return join(cacheFolder(), "cuda-13");
}

/** Where the wheels lay their libraries below that folder. */
const places = ["nvidia/cu13/lib", "nvidia/cudnn/lib"];

/** Path of a fetched library, or `undefined` where it was not fetched. */
export function fetchedLibrary(
  file: string,
  folder = cudaFolder(),
): string | undefined {
  return places.map((place) => join(folder, place, file)).find((path) =>
    existsSync(path)
  );
}

/** NVIDIA's switch of TF32, products of ten bits; its libraries read it when they are loaded. */
const tf32 = "NVIDIA_TF32_OVERRIDE";

/**
 * Loads the fetched libraries, so that the provider finds them without `LD_LIBRARY_PATH`. Where
 * none were fetched, the system's are used. The provider's products would be TF32's, with errors of
 * 1e-3: they are float32's unless the environment says otherwise.
 */
export function loadCudaLibraries(folder = cudaFolder()): void {
  try {
    process.env[tf32] ??= "0";
  } catch {
    // a program without permission for the environment gets the library's own choice
  }
  for (const { file } of cudaLibraries) {
    const path = fetchedLibrary(file, folder);
    if (path !== undefined) Deno.dlopen(path, {}); // stays loaded
  }
}

/** Libraries that cannot be loaded here, of the driver's and those that {@linkcode cudaLibraries} lists. */
export function missingCudaLibraries(): string[] {
  const files = ["libcuda.so.1", ...cudaLibraries.map(({ file }) => file)];
  return files.filter((file) => {
    try {
      Deno.dlopen(file, {}); // stays loaded, as the provider will need it
      return false;
    } catch {
      return true;
    }
  });
}
