/** `eval run` with other systems as columns, on small random files. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { command } from "../../../eval/run/command.ts";
import { UsageError } from "../../../lib/core/command/usage.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { reference, writeEncoder } from "../../lib/adapters/random_adapter.ts";
import {
  smallBase,
  smallIpAdapter,
  smallLocref,
} from "../../lib/adapters/small_base.ts";
import {
  gligenFile,
  migcFileIn,
  msFileIn,
} from "../../lib/adapters/rival_files.ts";
import { withTempDir } from "../../train/temp_dir.ts";

const golden = (name: string) =>
  fromFileUrl(new URL(`../../goldens/${name}`, import.meta.url));

async function quietly(args: readonly string[]): Promise<number> {
  const { log, error } = console;
  console.log = console.error = () => {};
  try {
    return await command.run([...args]);
  } finally {
    Object.assign(console, { log, error });
  }
}

const read = async (dir: string, file: string) =>
  JSON.parse(await Deno.readTextFile(join(dir, file)));

/** A scene of two instances, one of them with a caption. */
async function writeScene(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  const instances = [
    { reference, box: { fraction: [0, 0, 0.5, 0.6] } },
    { reference, box: { fraction: [0.5, 0.3, 1, 1] }, caption: "a dog" },
  ];
  const scene = { version: 1, caption: "a picture and a dog", instances };
  await Deno.writeTextFile(join(folder, "a.json"), JSON.stringify(scene));
}

/** Five systems on one base, with scenes and results in a folder of the test's own. */
async function fiveSystems(dir: string) {
  const scenes = join(dir, "scenes"), out = join(dir, "out");
  await writeScene(scenes);
  const own = await writeEncoder(dir, 32);
  const encoder = golden("clip-vision-gelu");
  const gligen = await gligenFile(dir);
  const runners = {
    locref: `${smallLocref},imageEncoder=${encoder}`,
    gligen,
    migc: await migcFileIn(dir),
    "ms-diffusion": `${await msFileIn(dir, {
      inputWidth: 64,
    })},imageEncoder=${own},steps=2`,
    "ip-adapter": `${smallIpAdapter},imageEncoder=${encoder}`,
  };
  const given = Object.entries(runners)
    .flatMap(([name, file]) => ["--runner", `${name}=${file}`]);
  const base = ["--scenes", scenes, "-o", out, "--model", smallBase];
  const args = [...base, "--steps", "1", "--backend", "onnx", "--json"];
  const columns = ["--columns", Object.keys(runners).join()];
  return { out, gligen, args, columns, given, names: Object.keys(runners) };
}

Deno.test("five systems are scored on one scene, side by side, each with its file, and columns are added", async () => {
  await withTempDir(async (dir) => {
    const { out, gligen, args, columns, given, names } = await fiveSystems(dir);
    assertEquals(await quietly([...args, ...columns, ...given]), 0);
    const first = await read(out, "results.json");
    const ids = first.columns.map(({ id }: { id: string }) => id);
    assertEquals(ids, names);
    const files = names.map((name) => first.run.runners[name].adapters);
    assertEquals(files, [
      ["locref.safetensors"],
      ["gligen.safetensors"],
      ["migc.safetensors"],
      ["ms.safetensors"],
      ["ip-adapter.safetensors"],
    ]);
    assertEquals(first.run.runners["ms-diffusion"].steps, "2");
    const pictures = await Promise.all(
      names.map((name) => Deno.readFile(join(out, "pictures", name, "a.png"))),
    );
    const different = new Set(pictures.map((one) => one.toBase64()));
    assertEquals(different.size, names.length);
    const page = await Deno.readTextFile(join(out, "report.html"));
    for (const [file] of files) assert(page.includes(file), file);
    // one more column: what exists is not made again
    const before = await Deno.stat(join(out, "pictures", "gligen", "a.png"));
    const more = ["--columns", `${names.join()},again`, ...given];
    const again = ["--runner", `again=${gligen},guidance=3`];
    assertEquals(await quietly([...args, ...more, ...again]), 0);
    const second = await read(out, "results.json");
    assertEquals(second.columns.slice(0, -1), first.columns);
    assertEquals(second.columns.at(-1).id, "again");
    const after = await Deno.stat(join(out, "pictures", "gligen", "a.png"));
    assertEquals(after.mtime, before.mtime);
    const { runners } = await read(out, "run.json");
    assertEquals(Object.keys(runners), [...names, "again"]);
  });
});

Deno.test("a runner with another file or other settings does not go on with a folder's results", async () => {
  await withTempDir(async (dir) => {
    const { out, args, gligen } = await fiveSystems(dir);
    const one = [...args, "--columns", "gligen", "--runner"];
    await quietly([...one, `gligen=${gligen}`]);
    const other = join(dir, "other.safetensors");
    await Deno.copyFile(gligen, other);
    for (
      const [given, what] of [
        [[`gligen=${other}`], "gligen.safetensors, not other.safetensors"],
        [[`gligen=${gligen},steps=3`], "steps (1, not 3)"],
        [
          [`gligen=${gligen}`, "--method", "gligen:beta=1"],
          'methods (the model\'s own, not {"gligen":{"beta":1}})',
        ],
      ] as const
    ) {
      const error = await assertRejects(
        () => quietly([...one, ...given]),
        LocRefError,
      );
      const begin = `${out} holds a run with another runner "gligen" (`;
      assert(error.message.startsWith(begin), error.message);
      assert(error.message.includes(what), error.message);
    }
  });
});

Deno.test("columns of systems that lack something are refused before anything is made", async () => {
  await withTempDir(async (dir) => {
    const { out, args, gligen } = await fiveSystems(dir);
    for (
      const [given, kind, message] of [
        [["--columns", "gligen"], UsageError, "give --runner gligen=FILE"],
        [["--columns", "gligne"], UsageError, 'did you mean "gligen"?'],
        [
          ["--columns", "migc", "--runner", `migc=${gligen}`],
          LocRefError,
          "which is of gligen: call it gligen",
        ],
        [
          ["--columns", "is", "--runner", `gligen=${gligen}`],
          UsageError,
          'Runner "gligen" is in no column',
        ],
        [["--runner", `is=${gligen}`], UsageError, "a name that is none of"],
        [
          ["--runner", `a=${gligen}`, "--runner", `a=${gligen}`],
          UsageError,
          'Column "a" is given twice',
        ],
        [
          ["--columns", "is", "--method", "gligen:beta=1"],
          UsageError,
          "which no column has",
        ],
        [
          ["--columns", "gligen", "--runner", "gligen=none.safetensors"],
          LocRefError,
          "none.safetensors",
        ],
      ] as const
    ) {
      const error = await assertRejects(
        () => quietly([...args, ...given]),
        kind,
      );
      assert(error.message.includes(message), error.message);
    }
    await assertRejects(() => Deno.stat(out), Deno.errors.NotFound);
  });
});

Deno.test("a scene that a system refuses is named with its column", async () => {
  await withTempDir(async (dir) => {
    const { args } = await fiveSystems(dir);
    const error = await assertRejects(
      () => quietly([...args, "--columns", "style-aligned"]),
      LocRefError,
    );
    assert(
      error.message.startsWith('Scene "a" in column "style-aligned": '),
      error.message,
    );
  });
});
