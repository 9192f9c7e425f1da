import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const root = fromFileUrl(new URL("../../../../", import.meta.url));
const cli = join(root, "cli.ts");
const program = `
import { commandLine } from ${
  JSON.stringify(
    new URL("lib/core/command/command_line.ts", `file://${root}`).href,
  )
};
console.log(commandLine("setup-tensorflow --gpu"));
`;

/** What a program in `folder` prints as the command line, run in `cwd`. */
async function printed(
  folder: string,
  options: { cwd: string; flags?: readonly string[] },
): Promise<string> {
  const file = join(folder, "program.ts");
  await Deno.writeTextFile(file, program);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...options.flags ?? ["-A"], file],
    cwd: options.cwd,
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("messages name a task inside a checkout", () =>
  inFolder(async (folder) => {
    assertEquals(
      await printed(folder, { cwd: root }),
      "deno task setup:tensorflow --gpu",
    );
  }));

Deno.test("messages name a checkout's cli.ts outside of it", () =>
  inFolder(async (folder) => {
    assertEquals(
      await printed(folder, { cwd: folder }),
      `deno run -A ${cli} setup-tensorflow --gpu`,
    );
  }));

Deno.test("messages keep the configuration of a project that imports a checkout", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "deno.json"), "{}");
    assertEquals(
      await printed(folder, { cwd: folder }),
      `deno run -A --config deno.json ${cli} setup-tensorflow --gpu`,
    );
  }));

Deno.test("messages that name commands need no permission", () =>
  inFolder(async (folder) => {
    assertEquals(
      await printed(folder, { cwd: folder, flags: [] }),
      `deno run -A ${cli} setup-tensorflow --gpu`,
    );
  }));
