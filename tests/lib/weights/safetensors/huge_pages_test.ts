import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { adviseHugePages } from "../../../../lib/weights/safetensors/huge_pages.ts";
import { inTempDir } from "../temp_dir.ts";

const module = import.meta.resolve(
  "../../../../lib/weights/safetensors/huge_pages.ts",
);

/** Whether Linux gives huge pages to those who ask. */
function given(): boolean {
  try {
    const path = "/sys/kernel/mm/transparent_hugepage/enabled";
    return !Deno.readTextFileSync(path).includes("[never]");
  } catch {
    return false;
  }
}

function hugeBytes(): number {
  const text = Deno.readTextFileSync("/proc/self/smaps_rollup");
  return 1024 * Number(/AnonHugePages:\s*(\d+)/.exec(text)![1]);
}

Deno.test({
  name: "a large array that Linux is asked for lies on huge pages",
  ignore: !given(),
  fn() {
    const before = hugeBytes();
    const bytes = new Uint8Array(2 ** 25);
    adviseHugePages(bytes);
    bytes.fill(7);
    assert(hugeBytes() - before >= 2 ** 23, "Not even a quarter of it");
    assert(bytes.every((value) => value === 7));
  },
});

Deno.test("small arrays are left alone", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  adviseHugePages(bytes);
  assertEquals([...bytes], [1, 2, 3]);
});

Deno.test("without the permission ffi nothing is asked for", async () => {
  const script = `import { adviseHugePages } from ${JSON.stringify(module)};
    adviseHugePages(new Uint8Array(2 ** 23));
    console.log("fine");`;
  await inTempDir(async (dir) => {
    const file = join(dir, "ask.ts");
    await Deno.writeTextFile(file, script);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", "--deny-ffi", file],
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), "fine");
    assertEquals(code, 0);
  });
});
