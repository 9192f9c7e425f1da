import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { basename, dirname, fromFileUrl, join, toFileUrl } from "@std/path";

const launcher = fromFileUrl(new URL("../../tools/launch.ts", import.meta.url));

async function launch(
  ...args: string[]
): Promise<{ code: number; out: string }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", launcher, ...args],
    stdout: "piped",
    stderr: "piped",
  }).output();
  return { code, out: new TextDecoder().decode(stdout) };
}

async function withTestFile(
  text: string,
  use: (file: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "sample_test.ts");
    await Deno.writeTextFile(file, text);
    await use(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the launcher's last line counts passed and failed tests", async () => {
  const text = `Deno.test("a", () => {});
    Deno.test("b", () => { throw new Error("no"); });
    Deno.test({ name: "c", ignore: true, fn() {} });`;
  await withTestFile(text, async (file) => {
    const { code, out } = await launch("test", file);
    assertEquals(out.trimEnd().split("\n").at(-1), "1 passed, 1 failed");
    assertEquals(code, 1);
  });
});

Deno.test("the launcher counts a file that does not compile as a failure", async () => {
  await withTestFile(`const a: = 1;`, async (file) => {
    const { code, out } = await launch("test", file);
    assertEquals(out.trimEnd().split("\n").at(-1), "0 passed, 1 failed");
    assertEquals(code, 1);
  });
});

Deno.test("a process of tests that dies once is reported, and its files run again", async () => {
  await withTestFile("", async (file) => {
    const folder = dirname(file);
    const mark = join(folder, "died");
    const dying = join(folder, "dying_test.ts");
    await Deno.writeTextFile(
      dying,
      `import { existsSync, writeFileSync } from "node:fs";
      Deno.test("dies once", () => {
        if (existsSync(${JSON.stringify(mark)})) return;
        writeFileSync(${JSON.stringify(mark)}, "");
        while (true) Deno.kill(Deno.pid, "SIGSEGV");
      });`,
    );
    const files = [file, dying, join(folder, "last_test.ts")];
    for (const other of [files[0]!, files[2]!]) {
      await Deno.writeTextFile(other, `Deno.test("a", () => {});`);
    }
    const { code, out } = await launch("test", ...files);
    const lines = out.trimEnd().split("\n");
    assertEquals([code, lines.at(-1)], [0, "3 passed, 0 failed"]);
    assertStringIncludes(
      lines.at(-2)!,
      `A process of tests died (SIGSEGV) before it finished ${dying}`,
    );
  });
});

Deno.test("a process of tests that dies again has failed", async () => {
  await withTestFile(
    `Deno.test("dies", () => {
      while (true) Deno.kill(Deno.pid, "SIGSEGV");
    });`,
    async (file) => {
      const { code, out } = await launch("test", file);
      assertEquals(out.trimEnd().split("\n").at(-1), "0 passed, 1 failed");
      assertEquals(code, 1);
    },
  );
});

Deno.test("the launcher refuses an unknown command with exit code 2", async () => {
  assertEquals((await launch("nonsense")).code, 2);
});

Deno.test("assertions fail with the message they were given", async () => {
  assertStringIncludes(
    assertThrows(() => assertEquals({ a: 1 }, { a: 2 }, "the pair")).message,
    "the pair",
  );
  assertAlmostEquals(1, 1 + 1e-9);
  assertThrows(() => assertAlmostEquals(1, 1.1, 0.01));
  assertThrows(() => assert(0));
  assertThrows(() => assertThrows(() => {}));
  await assertRejects(
    () => Promise.reject(new RangeError("x is 3")),
    RangeError,
    "3",
  );
  await assertRejects(() => assertRejects(() => Promise.resolve()));
});

Deno.test("paths go to file URLs and back", () => {
  assertEquals(fromFileUrl(toFileUrl("/a b/ü.png")), "/a b/ü.png");
  assertEquals(basename("/a/b.png", ".png"), "b");
});
