import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  adapterNames,
  type GpuTraces,
  gpuTraces,
} from "../../../../lib/ops/gpu/gpu_traces.ts";

const ignore = Deno.build.os !== "linux";

/** Calls `use` with manifests of Vulkan's drivers for the given libraries. */
async function withDrivers(
  libraries: readonly string[],
  use: (traces: () => GpuTraces, folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [i, library_path] of libraries.entries()) {
      const manifest = { ICD: { library_path, api_version: "1.3.0" } };
      await Deno.writeTextFile(
        join(folder, `${i}.json`),
        JSON.stringify(manifest),
      );
    }
    const variable = (name: string) =>
      name === "VK_DRIVER_FILES" ? folder : undefined;
    await use(() => gpuTraces("linux", variable), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test(
  { ignore, name: "without a driver of Vulkan there is no GPU" },
  async () => {
    await withDrivers([], (traces) => {
      assertEquals(traces().missing, "no driver of Vulkan is installed");
    });
  },
);

for (const library of ["libvulkan_lvp.so", "./libvk_swiftshader.so"]) {
  Deno.test(
    { ignore, name: `${library} computes on the processor` },
    async () => {
      await withDrivers([library], (traces) => {
        assertEquals(
          traces().missing,
          "the only driver of Vulkan computes on the processor",
        );
      });
    },
  );
}

Deno.test({
  ignore,
  name: "a driver that the environment names may have a GPU",
}, async () => {
  await withDrivers(["libvulkan_lvp.so", "./libcard.so"], (traces) => {
    assertEquals(traces().missing, undefined);
  });
});

Deno.test(
  { ignore, name: "the identity changes with the driver's library" },
  async () => {
    await withDrivers(["./libcard.so"], async (traces, folder) => {
      const library = join(folder, "libcard.so");
      await Deno.writeTextFile(library, "version 1");
      const before = traces().identity;
      assertEquals(traces().identity, before);
      await Deno.writeTextFile(library, "version 1.1");
      assert(traces().identity.join() !== before.join());
    });
  },
);

Deno.test("other systems may always have a GPU", () => {
  const { missing, identity } = gpuTraces("darwin");
  assertEquals(missing, undefined);
  assert(identity.includes("darwin"));
});

Deno.test("an adapter is named as WebGPU describes it, where it describes any", async () => {
  const before = Object.getOwnPropertyDescriptor(navigator, "gpu");
  const info = { vendor: "4318", device: "9029", description: "A card" };
  const cases: [unknown, string[]][] = [
    [undefined, []],
    [{ requestAdapter: () => Promise.resolve(null) }, []],
    [{ requestAdapter: () => Promise.reject(new Error("no driver")) }, []],
    [{ requestAdapter: () => Promise.resolve({ info }) }, ["4318 9029 A card"]],
  ];
  try {
    for (const [value, names] of cases) {
      Object.defineProperty(navigator, "gpu", { value, configurable: true });
      assertEquals(await adapterNames(), names);
    }
  } finally {
    if (before) Object.defineProperty(navigator, "gpu", before);
    else Reflect.deleteProperty(navigator, "gpu");
  }
});
