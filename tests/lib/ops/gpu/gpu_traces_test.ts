import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { gpuTraces } from "../../../../lib/ops/gpu/gpu_traces.ts";

const ignore = Deno.build.os !== "linux";
const variable = "VK_DRIVER_FILES";

/** Calls `use` with manifests of Vulkan's drivers for the given libraries. */
async function withDrivers(
  libraries: readonly string[],
  use: (folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const before = Deno.env.get(variable);
  try {
    for (const [i, library_path] of libraries.entries()) {
      const manifest = { ICD: { library_path, api_version: "1.3.0" } };
      await Deno.writeTextFile(
        join(folder, `${i}.json`),
        JSON.stringify(manifest),
      );
    }
    Deno.env.set(variable, folder);
    await use(folder);
  } finally {
    if (before === undefined) Deno.env.delete(variable);
    else Deno.env.set(variable, before);
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test(
  { ignore, name: "without a driver of Vulkan there is no GPU" },
  async () => {
    await withDrivers([], () => {
      assertEquals(gpuTraces().missing, "no driver of Vulkan is installed");
    });
  },
);

for (const library of ["libvulkan_lvp.so", "./libvk_swiftshader.so"]) {
  Deno.test(
    { ignore, name: `${library} computes on the processor` },
    async () => {
      await withDrivers([library], () => {
        assertEquals(
          gpuTraces().missing,
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
  await withDrivers(["libvulkan_lvp.so", "./libcard.so"], () => {
    assertEquals(gpuTraces().missing, undefined);
  });
});

Deno.test(
  { ignore, name: "the identity changes with the driver's library" },
  async () => {
    await withDrivers(["./libcard.so"], async (folder) => {
      const library = join(folder, "libcard.so");
      await Deno.writeTextFile(library, "version 1");
      const before = gpuTraces().identity;
      assertEquals(gpuTraces().identity, before);
      await Deno.writeTextFile(library, "version 1.1");
      assert(gpuTraces().identity.join() !== before.join());
    });
  },
);

Deno.test("other systems may always have a GPU", () => {
  const { missing, identity } = gpuTraces("darwin");
  assertEquals(missing, undefined);
  assert(identity.includes("darwin"));
});
