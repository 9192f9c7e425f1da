import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { warningPrinter } from "../../../../lib/core/command/print_warnings.ts";
import { withTempDir } from "../../../train/temp_dir.ts";

const root = fromFileUrl(new URL("../../../../", import.meta.url));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function cli(...args: string[]): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "cli.ts", ...args],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("warnings of every picture reach the terminal, each once", async () => {
  await withTempDir(async (folder) => {
    const path = join(folder, "scene.json");
    const caption = "a ball and ".repeat(40);
    const reference = join(root, "examples", "assets", "star.png");
    await Deno.writeTextFile(
      path,
      JSON.stringify({
        caption,
        instances: [{ reference, box: { percent: [10, 10, 60, 60] } }],
      }),
    );
    const output = join(folder, "x.png");
    const { code, err } = await cli(
      ...["generate", path, "--allow-outside", "--steps=1", "--n=2"],
      ...["-o", output],
    );
    assertEquals(code, 0, err);
    const warnings = err.split("\n").filter((one) => one.startsWith("Warning"));
    assert(warnings.some((one) => one.includes("is longer than")), err);
    assertEquals(new Set(warnings).size, warnings.length);
  });
});

Deno.test("a printer of warnings prints each once, and at most twenty", () => {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => lines.push(line);
  try {
    const warn = warningPrinter();
    warn(["a", "a", "b"]);
    warn(["b", "a"]);
    assertEquals(lines, ["Warning: a", "Warning: b"]);
    warn(Array.from({ length: 100 }, (_, i) => `more ${i}`));
    warn(["yet another"]);
  } finally {
    console.error = error;
  }
  assertEquals(lines.length, 21);
  assert(lines[20]!.includes("not printed"));
});
