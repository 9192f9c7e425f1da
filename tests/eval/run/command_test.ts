/** `eval run` as a user calls it, on two pocket scenes. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
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

Deno.test("a run writes every scene with its scores, a table, and a page without the network", async () => {
  await withTempDir(async (dir) => {
    const out = join(dir, "run");
    assertEquals(await quietly(() => command.run(argsOf(out))), 0);
    const { columns, pictures, run } = JSON.parse(await results(out));
    assertEquals(columns.map(({ id }: { id: string }) => id), ["truth", "is"]);
    assertEquals(pictures.length, 4);
    assert(Object.keys(run.model.files).length > 0);
    const [truth] = columns;
    assert(truth.success.value > 0.9, String(truth.success.value));
    assert(truth.map50AnyClass.value > 0.9, String(truth.map50AnyClass.value));
    const csv = await Deno.readTextFile(join(out, "results.csv"));
    const instances = pictures.reduce(
      (sum: number, one: { instances: unknown[] }) =>
        sum + one.instances.length,
      0,
    );
    assertEquals(csv.trimEnd().split("\r\n").length, 1 + instances);
    const page = await Deno.readTextFile(join(out, "report.html"));
    assert(!/(?:src|href)="(?!data:)/.test(page), "the page loads something");
    assert(!page.includes("<script"), "the page runs something");
  });
});

Deno.test("a run that was killed goes on, and ends with the same results", async () => {
  await withTempDir(async (dir) => {
    const [whole, killed] = [join(dir, "whole"), join(dir, "killed")];
    await quietly(() => command.run(argsOf(whole)));
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
    assertEquals(await results(killed), await results(whole));
  });
});

Deno.test("other settings do not go on with a folder's results", async () => {
  await withTempDir(async (dir) => {
    const out = join(dir, "run");
    await quietly(() => command.run(argsOf(out)));
    const error = await assertRejects(
      () => quietly(() => command.run(argsOf(out, "--seed", "3"))),
      LocRefError,
    );
    assertEquals(
      error.message,
      `${out} holds a run with another seed (0, not 3): name another folder, or delete this one`,
    );
  });
});

Deno.test("a mistake in the options leaves nothing behind that the right ones are refused for", async () => {
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
    assertEquals(await quietly(() => command.run(argsOf(out))), 0);
  });
});

Deno.test("pictures that something else made are scored as a column of their own", async () => {
  await withTempDir(async (dir) => {
    const first = join(dir, "first"), second = join(dir, "second");
    await quietly(() => command.run(argsOf(first)));
    const theirs = `theirs=${join(first, "pictures", "truth")}`;
    await quietly(() => command.run(argsOf(second, "--pictures", theirs)));
    const { columns } = JSON.parse(await results(second));
    const [truth, , own] = columns;
    assertEquals(own.id, "own-theirs");
    assertEquals(own.clipI, truth.clipI);
    assertEquals(own.map50AnyClass, truth.map50AnyClass);
    assertEquals(own.classes, truth.classes);
  });
});

Deno.test("pictures that changed are scored anew", async () => {
  await withTempDir(async (dir) => {
    const out = join(dir, "run"), theirs = join(dir, "theirs");
    const given = ["--pictures", `theirs=${theirs}`];
    await quietly(() => command.run(argsOf(out)));
    const own = (name: string) => join(out, "pictures", name);
    const copy = async (from: string) => {
      await Deno.mkdir(theirs, { recursive: true });
      for (const key of ["pocket-0000.png", "pocket-0001.png"]) {
        await Deno.copyFile(join(own(from), key), join(theirs, key));
      }
      await quietly(() => command.run(argsOf(out, ...given)));
      const { columns } = JSON.parse(await results(out));
      const of = (id: string) =>
        columns.find((one: { id: string }) => one.id === id).clipI;
      assertEquals(of("own-theirs"), of(from));
    };
    await copy("truth");
    await copy("is");
  });
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
      `Folder ${dir} has pictures of 0 of 2 scenes: pocket-0000.png was expected (or .jpg, .jpeg, .webp)`,
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
      const [alone, shared] = [join(dir, "alone"), join(dir, "shared")];
      await quietly(() => command.run(argsOf(alone)));
      const deno = [Deno.execPath(), "run", "-A", cli, "eval", "run"];
      const { success } = await new Deno.Command("mpirun", {
        args: ["-n", "2", ...deno, ...argsOf(shared)],
        stdout: "null",
        stderr: "null",
      }).output();
      assert(success);
      assertEquals(await results(shared), await results(alone));
    });
  },
});
