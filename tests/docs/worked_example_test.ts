/** The commands of `docs/worked_example.md`, as they stand there, with fewer steps and pictures. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { withTempDir } from "../train/temp_dir.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const page = await Deno.readTextFile(join(root, "docs/worked_example.md"));
const config = "examples/own_photographs.json";

/** A block of code of the page, by its language. */
interface Block {
  readonly language: string;
  readonly text: string;
}

const blocks: Block[] = [
  ...page.split("## What it costs")[0]!.matchAll(/```(\w+)\n(.*?)```/gs),
].map(([, language, text]) => ({ language: language!, text: text!.trim() }));

/** Arguments that make a command quick, by what the command begins with. */
const smaller: Readonly<Record<string, readonly string[]>> = {
  generate: ["--steps", "2"],
  "eval run": ["--steps", "1", "--count", "2"],
};

/** A folder with what the page expects of a checkout, and a config of fewer and smaller steps. */
async function checkout(dir: string): Promise<void> {
  for (const name of ["tests", "models"]) {
    await Deno.symlink(join(root, name), join(dir, name), { type: "dir" });
  }
  // a scene from a file reads nothing that a link leads to outside of its folder
  const star = "examples/assets/star.png";
  await Deno.mkdir(join(dir, star, ".."), { recursive: true });
  await Deno.copyFile(join(root, star), join(dir, star));
  const full = JSON.parse(await Deno.readTextFile(join(root, config)));
  const small = { ...full, steps: 6, batch: 1, sampleEvery: null };
  await Deno.writeTextFile(join(dir, config), JSON.stringify(small));
}

/** Runs a line of a shell block; training without `--resume` gets Ctrl-C in its first steps. */
async function runLine(line: string, dir: string): Promise<string> {
  const words = line.split(" ");
  const isTask = words[0] === "deno" && words[1] === "task";
  if (!isTask) {
    const [command, ...args] = words;
    const done = await new Deno.Command(command!, { args, cwd: dir }).output();
    assert(done.success, line);
    return "";
  }
  const args = words.slice(2);
  const extra = Object.entries(smaller)
    .find(([name]) => args.join(" ").startsWith(name))?.[1] ?? [];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", join(root, "cli.ts"), ...args, ...extra],
    cwd: dir,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stops = args[0] === "train" && !args.includes("--resume");
  const [output] = await Promise.all([
    child.output(),
    stops && stopAtFirstStep(child, join(dir, "runs/mine")),
  ]);
  const decoder = new TextDecoder();
  const text = decoder.decode(output.stdout) + decoder.decode(output.stderr);
  assertEquals(output.code, 0, `${line}\n${text}`);
  return text;
}

/** Sends SIGINT once the run has logged a step. */
async function stopAtFirstStep(
  child: Deno.ChildProcess,
  out: string,
): Promise<void> {
  await Deno.mkdir(out, { recursive: true });
  const watcher = Deno.watchFs(out);
  child.status.then(() => watcher.close(), () => {}).catch(() => {});
  for await (const { paths } of watcher) {
    if (!paths.some((path) => path.endsWith("log.jsonl"))) continue;
    const log = await Deno.readTextFile(join(out, "log.jsonl")).catch(() => "");
    if (!log.includes("\n")) continue;
    child.kill("SIGINT");
    break;
  }
}

/** A line of the page as a pattern: numbers, and which task runs it, may be others. */
function patternOf(line: string): RegExp {
  const pattern = line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replace(/–/g, "(?:–|\\d+\\.\\d+)")
    .replace(/\d+(?:\\\.\d+)?/g, "-?[\\d.]+")
    .replace("deno task", "(?:deno task|deno run -A \\S+)");
  return new RegExp(`^\\s*${pattern}\\s*$`, "m");
}

Deno.test({
  name:
    "the worked example runs from photographs to a model card as its page says",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withTempDir(async (dir) => {
      await checkout(dir);
      let output = "";
      for (const { language, text } of blocks) {
        if (language === "json") {
          await Deno.writeTextFile(join(dir, "out/scene.json"), text);
        } else if (language === "sh") {
          for (const line of text.split("\n")) {
            output += await runLine(line, dir);
          }
        } else {
          for (const line of text.split("\n")) {
            if (/ left$/.test(line)) continue; // a quick run prints no progress
            assertMatch(output, patternOf(line));
          }
        }
      }
      assertMatch(output, /Going on after step [1-5] of runs\/mine/);
      assertMatch(output, /\n## Evaluation\n\n\|.*IoU/);
      for (const name of ["out/data/report.html", "out/eval/report.html"]) {
        const report = await Deno.readTextFile(join(dir, name));
        assertMatch(report, /<!doctype html>[\s\S]*<img /i);
      }
      assert((await Deno.stat(join(dir, "out/mine.png"))).size > 1000);
    });
  },
});

Deno.test("the worked example's config is complete: it is what the program prints of it", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      join(root, "cli.ts"),
      "train",
      config,
      "--check",
    ],
    cwd: root,
  }).output();
  assertEquals(code, 0);
  const printed = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(
    printed,
    JSON.parse(await Deno.readTextFile(join(root, config))),
  );
});
