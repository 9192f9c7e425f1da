/** `eval run` as a user calls it, on two pocket scenes. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { cp } from "node:fs/promises";
import { LocRefError } from "../../../lib/core/error.ts";
import { command } from "../../../eval/run/command.ts";
import { whyNoMpi } from "../../train/why_no_mpi.ts";
import { withTempDir } from "../../train/temp_dir.ts";

const cli = fromFileUrl(new URL("../../../cli.ts", import.meta.url));

function argsOf(out: string, ...more: string[]): string[] {
  return [
    ...["--scenes", "pocket", "-o", out, "--count", "2", "--steps", "1"],
    ...["--columns", "is", "--json", ...more],
  ];
}

async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = () => {};
  try {
    return await run();
  } finally {
    console.log = log;
  }
}

const results = (out: string) => Deno.readTextFile(join(out, "results.json"));

const shared = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(shared, { recursive: true }));

/** The folder of one finished run, which tests read and copy. */
const finished = once(async () => {
  const out = join(shared, "run");
  assertEquals(await quietly(() => command.run(argsOf(out))), 0);
  return out;
});

/** The same run with its pictures of `truth` scored once more, as another program's, in `theirs`. */
const scoredTwice = once(async () => {
  const out = join(shared, "again"), theirs = join(shared, "theirs");
  await cp(await finished(), out, { recursive: true });
  await cp(join(out, "pictures", "truth"), theirs, { recursive: true });
  await quietly(() => command.run(argsOf(out, ...given(theirs))));
  return { out, theirs };
});

const given = (theirs: string) => ["--pictures", `theirs=${theirs}`];

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

Deno.test("scores of the pocket world stand apart from the paper's", async () => {
  const { columns } = JSON.parse(await results(await finished()));
  assertEquals(columns.filter((one: object) => "paper" in one), []);
});

Deno.test("a run writes every scene with its scores, a table, and a page without the network", async () => {
  const out = await finished();
  const { columns, pictures, run } = JSON.parse(await results(out));
  assertEquals(
    columns.map(({ id }: { id: string }) => id),
    ["truth", "silhouettes", "is"],
  );
  assertEquals(pictures.length, 6);
  assert(Object.keys(run.model.files).length > 0);
  // one step of the model makes no object that a detector would know
  const [truth, , blurred] = columns;
  for (const score of ["success", "map50AnyClass"]) {
    const [known, control] = [truth[score].value, blurred[score].value];
    assert(known >= 0.5 && known > control, `${score} ${known}, ${control}`);
  }
  const csv = await Deno.readTextFile(join(out, "results.csv"));
  const instances = pictures.reduce(
    (sum: number, one: { instances: unknown[] }) => sum + one.instances.length,
    0,
  );
  assertEquals(csv.trimEnd().split("\r\n").length, 1 + instances);
  const page = await Deno.readTextFile(join(out, "report.html"));
  assert(!/(?:src|href)="(?!data:)/.test(page), "the page loads something");
  assert(!page.includes("<script"), "the page runs something");
});

Deno.test("a run that was killed goes on, and ends with the same results", async () => {
  await withTempDir(async (dir) => {
    const killed = join(dir, "killed");
    await Deno.mkdir(killed);
    const watcher = Deno.watchFs(killed); // before the run begins, which may be quick
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", cli, "eval", "run", ...argsOf(killed)],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const ended = child.status.then(() => watcher.close());
    for await (const { paths } of watcher) {
      if (!paths.some((path) => path.endsWith("-0000.json"))) continue;
      child.kill("SIGKILL");
      break;
    }
    await ended.catch(() => {}); // closed by the loop already
    assertEquals(await quietly(() => command.run(argsOf(killed))), 0);
    assertEquals(await results(killed), await results(await finished()));
  });
});

Deno.test("other settings do not go on with a folder's results", async () => {
  const out = await finished();
  const error = await assertRejects(
    () => quietly(() => command.run(argsOf(out, "--seed", "3"))),
    LocRefError,
  );
  assertEquals(
    error.message,
    `${out} holds a run with another seed (0, not 3): name another folder, or delete this one`,
  );
});

Deno.test("a mistake in the options leaves nothing behind", async () => {
  await withTempDir(async (dir) => {
    const out = join(dir, "run");
    const wrong = [
      ["--detector", join(dir, "none.onnx")],
      ["--encoder", join(dir, "none")],
      ["--scenes", join(dir, "none")],
      ["--pictures", `theirs=${dir}`],
      ["--steps", "0"],
      ["--sampler", "none"],
      ["--guidance", "-1"],
      ["--columns", "is,is"],
    ];
    for (const options of wrong) {
      await assertRejects(() =>
        quietly(() => command.run(argsOf(out, ...options)))
      );
    }
    await assertRejects(() => Deno.stat(out), Deno.errors.NotFound);
  });
});

/** The scores of a column. */
async function columnOf(out: string, id: string) {
  const { columns } = JSON.parse(await results(out));
  return columns.find((one: { id: string }) => one.id === id);
}

Deno.test("a column of silhouettes shows what a score of any class is worth", async () => {
  const out = await finished();
  const [truth, silhouettes, blurred] = await Promise.all(
    ["truth", "silhouettes", "is"].map((id) => columnOf(out, id)),
  );
  assert(silhouettes.clipI.value < truth.clipI.value);
  assert(silhouettes.map50AnyClass.value > blurred.map50AnyClass.value);
});

Deno.test("pictures that something else made are scored as a column of their own", async () => {
  const { out } = await scoredTwice();
  const [truth, own] = await Promise.all(
    ["truth", "own-theirs"].map((id) => columnOf(out, id)),
  );
  assertEquals(own.clipI, truth.clipI);
  assertEquals(own.map50AnyClass, truth.map50AnyClass);
  assertEquals(own.classes, truth.classes);
});

Deno.test("pictures that changed are scored anew", async () => {
  const { out, theirs } = await scoredTwice();
  const { clipI: before } = await columnOf(out, "own-theirs");
  await cp(join(out, "pictures", "is"), theirs, { recursive: true });
  await quietly(() => command.run(argsOf(out, ...given(theirs))));
  const { clipI } = await columnOf(out, "own-theirs");
  assertEquals(clipI, (await columnOf(out, "is")).clipI);
  assert(JSON.stringify(clipI) !== JSON.stringify(before));
});

Deno.test("a folder of pictures that lacks some is refused before anything is made", async () => {
  await withTempDir(async (dir) => {
    const out = join(dir, "run");
    const error = await assertRejects(
      () =>
        quietly(() => command.run(argsOf(out, "--pictures", `theirs=${dir}`))),
      LocRefError,
    );
    assertEquals(
      error.message,
      `Column "theirs": folder "${dir}" has pictures of 0 of 2 scenes: pocket-0000.png was expected (or .jpg, .jpeg, .webp)`,
    );
    const gone = join(dir, "gone");
    await assertRejects(
      () =>
        quietly(() => command.run(argsOf(out, "--pictures", `theirs=${gone}`))),
      LocRefError,
      `Column "theirs": folder "${gone}" is missing: it must hold "pocket-0000.png"`,
    );
    await assertRejects(() => Deno.stat(out));
  });
});

Deno.test("scenes that changed do not go on with a folder's results", async () => {
  await withTempDir(async (dir) => {
    const out = join(dir, "run"), scenes = join(dir, "scenes");
    await Deno.mkdir(scenes);
    const write = async (caption: string) => {
      const star = fromFileUrl(
        new URL("../../../examples/assets/star.png", import.meta.url),
      );
      const instances = [{
        reference: star,
        box: { fraction: [0.1, 0.1, 0.6, 0.6] },
      }];
      const scene = { version: 1, caption, instances };
      await Deno.writeTextFile(
        join(scenes, "a.json"),
        JSON.stringify(scene),
      );
    };
    await write("a star");
    await quietly(() => command.run(argsOf(out, "--scenes", scenes)));
    await write("a red star");
    const error = await assertRejects(
      () => quietly(() => command.run(argsOf(out, "--scenes", scenes))),
      LocRefError,
    );
    assert(error.message.includes("have changed"), error.message);
  });
});

const missing = await whyNoMpi();

Deno.test({
  name: `two ranks share the scenes and write the same results${
    missing === undefined ? "" : ` (left out: ${missing})`
  }`,
  ignore: missing !== undefined,
  fn: async () => {
    await withTempDir(async (dir) => {
      const out = join(dir, "ranks");
      const deno = [Deno.execPath(), "run", "-A", cli, "eval", "run"];
      const { success } = await new Deno.Command("mpirun", {
        args: ["-n", "2", ...deno, ...argsOf(out)],
        stdout: "null",
        stderr: "null",
      }).output();
      assert(success);
      assertEquals(await results(out), await results(await finished()));
    });
  },
});
