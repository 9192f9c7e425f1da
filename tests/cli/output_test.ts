import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { warningPrinter } from "../../lib/core/print_warnings.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const two = join(root, "examples", "scenes", "two.json");

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function cli(...args: string[]): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "cli.ts", ...args],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

async function withFolder(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("every command that writes says in one sentence that it cannot, before it works", async () => {
  await withFolder(async (folder) => {
    const plain = join(folder, "plain");
    await Deno.writeTextFile(plain, "");
    const data = join(root, "tests", "data", "coco");
    const config = join(folder, "config.json");
    const paper = join(root, "train", "configs", "locref-sd15.json");
    const settings = JSON.parse(await Deno.readTextFile(paper));
    await Deno.writeTextFile(
      config,
      JSON.stringify({ ...settings, out: plain }),
    );
    const commands = [
      ["generate", two, "-o", join(plain, "x.png")],
      ["preview", two, "-o", join(plain, "x.png")],
      ["demo", "-o", plain],
      ["export", "-o", plain],
      ["adapter", "convert", "nobody/nothing/x.safetensors", "-o", folder],
      ["eval", "run", "--scenes=pocket", "-o", plain],
      ["eval", "export", "--format=gligen", "--scenes=pocket", "-o", plain],
      [
        ...["dataset", "build", "--coco", join(data, "instances.json")],
        ...["--images", join(data, "images"), "-o", plain],
      ],
      ["train", config],
    ];
    for (const args of commands) {
      const { code, err } = await cli(...args);
      assertEquals(code, 1, `${args.join(" ")}: ${err}`);
      assert(
        /^(File|Folder) ".+" cannot be written: .+$/.test(err),
        `${args.join(" ")}: ${err}`,
      );
    }
    assertEquals([...Deno.readDirSync(folder)].length, 2);
  });
});

Deno.test("what is repeated of a command line is bounded", async () => {
  const long = "a".repeat(100_000);
  for (const args of [[long], ["preview", long], ["preview", "a", long]]) {
    const { code, err } = await cli(...args);
    assert(code !== 0 && err.length <= 4000, `${args[0]}: ${err.length}`);
  }
});

Deno.test("warnings of every picture reach the terminal, each once", async () => {
  await withFolder(async (folder) => {
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
