import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { usageMessage } from "../../lib/core/command/usage.ts";
import { command } from "../../train/cli.ts";
import { train } from "../../train/loop/train.ts";
import { withTempDir } from "./temp_dir.ts";
import { openToy, toyRun } from "./toy.ts";

const paper = fromFileUrl(
  new URL("../../train/configs/locref-sd15.json", import.meta.url),
);

/** What `main` prints, and its exit code. */
async function printed(
  args: string[],
): Promise<{ code: number; out: string }> {
  const lines: string[] = [];
  const log = console.log;
  console.log = (line: string) => lines.push(line);
  try {
    return { code: await command.run(args), out: lines.join("\n") };
  } finally {
    console.log = log;
  }
}

Deno.test("train --check prints the config back complete, and what it prints is a config", async () => {
  await withTempDir(async (dir) => {
    const { code, out } = await printed([paper, "--check"]);
    assertEquals(code, 0);
    assertEquals(JSON.parse(out).augment.keep, 0.3);
    const copy = join(dir, "copy.json");
    await Deno.writeTextFile(copy, out);
    assertEquals((await printed([copy, "--check"])).out, out);
  });
});

Deno.test("train --plot draws the curves of runs", async () => {
  const backend = await openToy();
  await withTempDir(async (dir) => {
    await train(toyRun(backend, join(dir, "one"), { steps: 3 }));
    const svg = join(dir, "loss.svg");
    assertEquals((await printed(["--plot", svg, join(dir, "one")])).code, 0);
    assert((await Deno.readTextFile(svg)).includes(">one</text>"));
    await assertRejects(
      () => command.run(["--plot", svg, join(dir, "two")]),
      Error,
      "two holds no log of a run",
    );
  });
});

Deno.test("what train cannot understand is bad usage", async () => {
  for (
    const args of [
      [],
      [paper, paper],
      [paper, "--device", "tpu"],
      [paper, "--fast"],
    ]
  ) {
    const error = await command.run(args).then(
      () => undefined,
      (error) => error,
    );
    assert(usageMessage(error) !== undefined, args.join(" "));
  }
});

Deno.test("a config with an unknown stage says which there are", async () => {
  await withTempDir(async (dir) => {
    const file = join(dir, "a.json");
    await Deno.writeTextFile(file, '{"stage":"dance"}');
    await assertRejects(
      () => command.run([file]),
      Error,
      "must be one of locref",
    );
    await Deno.writeTextFile(file, '{"stage":"locreff"}');
    await assertRejects(
      () => command.run([file]),
      Error,
      'did you mean "locref"?',
    );
    await Deno.writeTextFile(file, "[1]");
    await assertRejects(
      () => command.run([file]),
      Error,
      "must hold an object",
    );
    await Deno.writeTextFile(file, "{");
    await assertRejects(() => command.run([file]), Error, "is no JSON");
  });
});
