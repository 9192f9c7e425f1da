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

/** Bytes of memory for which huge pages were requested; whether any are free is the system's affair. */
function advisedBytes(): number {
  const text = Deno.readTextFileSync("/proc/self/smaps");
  return text.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .filter((range) => /^VmFlags:.* hg\b/m.test(range))
    .reduce(
      (sum, range) => sum + 1024 * Number(/^Size:\s*(\d+)/m.exec(range)![1]),
      0,
    );
}

Deno.test({
  name: "huge pages are requested for most of a large array",
  ignore: !given(),
  fn() {
    const before = advisedBytes();
    const bytes = new Uint8Array(2 ** 25);
    adviseHugePages(bytes);
    bytes.fill(7);
    assert(advisedBytes() - before >= 2 ** 24, "Not even half of it");
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
