import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { cliIn } from "../run_cli.ts";

const root = new URL("../../", import.meta.url).pathname;

/** The blocks of a page in one language, in order. */
export async function blocksOf(
  page: string,
  language: "ts" | "ts ignore" | "sh",
): Promise<string[]> {
  const text = await Deno.readTextFile(join(root, "docs", page));
  const blocks = text.matchAll(/^```(.+)\n([^]*?)^```$/gm);
  return [...blocks].filter(([, name]) => name === language)
    .map(([, , code]) => code!);
}

/** Text with other names in the place of the page's, each of which must stand there. */
export function withNames(
  text: string,
  names: Readonly<Record<string, string>>,
): string {
  return Object.entries(names).reduce((changed, [from, to]) => {
    assertEquals(changed.includes(from), true, `${from} stands in the page`);
    return changed.replaceAll(from, to);
  }, text);
}

/** Runs a program of a page in a folder and returns what it printed. */
export async function runCode(code: string, folder: string): Promise<string> {
  const file = join(folder, "program.ts");
  await Deno.writeTextFile(file, code);
  return await runDeno(
    ["run", "-A", "--config", join(root, "deno.json"), file],
    folder,
  );
}

/** Runs the command lines of a page in a folder, `deno task` as the command line's own program. */
export async function runLines(text: string, folder: string): Promise<void> {
  const lines = text.replaceAll(/ \\\n\s+/g, " ").split("\n");
  for (const line of lines.filter((one) => one !== "")) {
    const [deno, task, ...args] = line.split(/\s+/);
    assertEquals([deno, task], ["deno", "task"]);
    const { code, err } = await cliIn({ folder }, ...args);
    assertEquals(code, 0, `${line}\n${err}`);
  }
}

async function runDeno(args: string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    ...{ args, cwd },
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout);
}
