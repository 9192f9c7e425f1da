import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  cudaLibraries,
  fetchedLibrary,
  loadCudaLibraries,
} from "../../../../lib/ops/gpu/cuda_libraries.ts";

Deno.test("libraries of NVIDIA are found where the wheels lay them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assertEquals(fetchedLibrary("libcudnn.so.9", folder), undefined);
    loadCudaLibraries(folder); // none fetched: the system's are used
    const below = join(folder, "nvidia", "cudnn", "lib");
    await Deno.mkdir(below, { recursive: true });
    const library = join(below, "libcudnn.so.9");
    await Deno.writeTextFile(library, "");
    assertEquals(fetchedLibrary("libcudnn.so.9", folder), library);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("products on CUDA are float32's unless the environment says otherwise", async () => {
  const name = "NVIDIA_TF32_OVERRIDE";
  const before = Deno.env.get(name);
  const folder = await Deno.makeTempDir();
  try {
    Deno.env.delete(name);
    loadCudaLibraries(folder);
    assertEquals(Deno.env.get(name), "0");
    Deno.env.set(name, "1");
    loadCudaLibraries(folder);
    assertEquals(Deno.env.get(name), "1");
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a library is loaded after those that it needs", () => {
  const names = cudaLibraries.map(({ file }) => file.split(".")[0]);
  const order = ["libcublasLt", "libcublas", "libcudnn"];
  assertEquals(names.filter((name) => order.includes(name!)), order);
});
