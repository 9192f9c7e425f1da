import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { reasonsIn } from "../../../lib/ops/open_executor.ts";

const root = fromFileUrl(new URL("../../..", import.meta.url));
const ignore = Deno.build.os !== "linux";

const program = `
  import { openExecutor } from "./lib/ops/open_executor.ts";
  const { executor, name, tried } = await openExecutor("auto");
  await executor.dispose();
  console.log(JSON.stringify({ name, tried }));
`;

/** Opens `auto` in a process whose only driver of Vulkan is of the given library. */
async function auto(
  folder: string,
  library: string,
): Promise<{ name: string; webgpu: string }> {
  const manifest = join(folder, "driver.json");
  const ICD = { library_path: library, api_version: "1.3.0" };
  const file = { file_format_version: "1.0.1", ICD };
  await Deno.writeTextFile(manifest, JSON.stringify(file));
  const env: Record<string, string> = {
    VK_DRIVER_FILES: manifest,
    VK_ICD_FILENAMES: manifest,
    XDG_CACHE_HOME: join(folder, "cache"),
  };
  // the cache of packages must stay where it is
  const { DENO_DIR = join(Deno.env.get("HOME") ?? "", ".cache", "deno") } = Deno
    .env.toObject();
  env.DENO_DIR = DENO_DIR;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    cwd: root,
    env,
  }).output();
  const text = new TextDecoder();
  const lines = text.decode(stdout).trim();
  assert(lines.startsWith("{"), text.decode(stderr));
  const { name, tried } = JSON.parse(lines);
  const webgpu = tried.find((one: { name: string }) =>
    one.name === "onnx-webgpu"
  );
  return { name, webgpu: webgpu?.reason ?? "" };
}

Deno.test({
  ignore,
  name:
    "auto takes the CPU where the GPU's driver does not start, says why, and remembers it",
}, async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "libcard.so"), "no library");
    const first = await auto(folder, "./libcard.so");
    assertEquals(first.name, "onnx");
    assert(/not available \(.+\)$/.test(first.webgpu), first.webgpu);
    assert(!first.webgpu.includes("remembered"), first.webgpu);
    const again = await auto(folder, "./libcard.so");
    assertEquals(again.name, "onnx");
    assert(again.webgpu.includes("; remembered in "), again.webgpu);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  ignore,
  name:
    "auto takes the CPU where the only driver computes on the processor, without a test",
}, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { name, webgpu } = await auto(folder, "libvk_swiftshader.so");
    assertEquals(name, "onnx");
    assertEquals(
      webgpu,
      'Backend "onnx-webgpu" is not available (the only driver of Vulkan computes on the processor)',
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("where no backend works, each name and each reason stands once", () => {
  const tried = [
    {
      name: "onnx-cuda",
      reason: 'Backend "onnx-cuda" is not available (no NVIDIA driver)',
    },
    {
      name: "onnx",
      reason: 'Backend "onnx" can compute in float32 only: leave precision out',
    },
    { name: "wasm", reason: "out of memory" },
    {
      name: "tensorflow-gpu",
      reason: 'Backend "tensorflow-gpu" is not available (no NVIDIA driver)',
    },
  ];
  assertEquals(
    reasonsIn(tried),
    "onnx-cuda, tensorflow-gpu is not available (no NVIDIA driver); onnx can compute in float32 only: leave precision out; wasm: out of memory",
  );
});
