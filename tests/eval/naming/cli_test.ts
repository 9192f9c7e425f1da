import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { command } from "../../../eval/naming/cli.ts";
import type { NamingKey } from "../../../eval/naming/naming_key.ts";
import { findCommand, runFound } from "../../../lib/core/command/command.ts";
import { UsageError } from "../../../lib/core/command/usage.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { decodeImage } from "../../../lib/images/decode.ts";
import { printed } from "../printed.ts";

/** Runs a command below `eval naming`, and returns what it printed. */
function run(...args: string[]): Promise<string> {
  return printed(async () => await runFound(await findCommand(command, args)));
}

const options = ["--scenes", "2", "--seed", "3", "--steps", "4"];
const draw = (out: string, ...more: string[]) =>
  run("draw", ...options, "--sizes", "128x128,160x96", "-o", out, ...more);

async function filesOf(folder: string) {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  const files = await Promise.all(
    names.sort().map((name) => Deno.readFile(join(folder, name))),
  );
  return { names, files };
}

Deno.test("sheets are drawn the same for the same seed, and replies counted", async () => {
  const dir = await Deno.makeTempDir();
  const out = join(dir, "one");
  try {
    await draw(out);
    await draw(join(dir, "two"));
    const drawn = await filesOf(out);
    assertEquals(await filesOf(join(dir, "two")), drawn);
    assertEquals(drawn.names, [
      ...["README.txt", "choices.txt", "key.json"],
      ...["references-1.png", "sheet-1.png"],
    ]);
    const key: NamingKey = JSON.parse(
      await Deno.readTextFile(join(out, "key.json")),
    );
    assertEquals(key.scenes.map(({ size }) => size), ["128x128", "160x96"]);
    // margins of 24, a gutter of 20, pictures 384 high in their own shapes
    const { width, height } = await decodeImage(join(out, "sheet-1.png"), {
      name: "sheet",
    });
    assertEquals(width, 48 + 384 + 20 + 640);
    assert(height > 384 && height < 500);
    await checkScore(out, key);
    await assertRejects(
      () => draw(out, "--steps", "5"),
      LocRefError,
      "holds sheets with another steps",
    );
    await assertRejects(
      () => draw(out, "--objects", "0.75"),
      LocRefError,
      "holds sheets with another objectScale",
    );
    assertEquals((await filesOf(out)).names.length, 6);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** All right but the first name, which somebody judges. */
async function checkScore(out: string, key: NamingKey) {
  const objects = key.scenes.flatMap((one) => one.objects);
  const lines = [
    ...objects.map(({ label, name }, i) =>
      `${label}: ${i === 0 ? "thingummy" : name}`
    ),
    ...key.scenes.map(({ scene, pattern }) => `ground ${scene}: ${pattern}`),
    ...objects.map(({ label, name }) => `choice ${label}: ${name}`),
    ...key.references.map(({ label, object }) =>
      `reference ${label}: ${object}`
    ),
  ];
  const replies = join(out, "..", "anna.txt");
  await Deno.writeTextFile(replies, lines.join("\n"));
  const all = objects.length, pair = `thingummy = ${objects[0]!.name}`;
  const table = await run("score", out, "--answers", replies);
  const start = `| anna.txt | ${all - 1} of ${all} | ${all} of ${all} |`;
  assert(table.includes(start), table);
  assert(table.includes("| anna.txt, 160x96 |"), table);
  assert(table.endsWith(pair), table);
  const judged = join(out, "..", "judged.txt");
  await Deno.writeTextFile(judged, pair);
  const again = await run(
    ...["score", out, "--answers", replies, "--judged", judged],
  );
  assert(again.includes(`${all} of ${all} (1 judged)`), again);
  assert(!again.includes("To be judged"), again);
  const { readers } = JSON.parse(
    await Deno.readTextFile(join(out, "counts.json")),
  );
  assertEquals(readers[0].replies, "anna.txt");
  assertEquals(readers[0].all.names.right, all);
}

Deno.test("sizes of another form, and folders without a key, are refused", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await assertRejects(
      () => run("draw", "-o", dir, "--sizes", "128x128,wide"),
      UsageError,
      'takes WIDTHxHEIGHT, whole numbers of pixels from 1 to 16384, got "wide"',
    );
    await assertRejects(
      () => run("score", dir, "--answers", join(dir, "a.txt")),
      LocRefError,
      "key.json",
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
