import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { writeTinyShards } from "../../../train/tiny_shards.ts";
import { withTempDir } from "../../../train/temp_dir.ts";
import { smallBase } from "../../adapters/small_base.ts";

const root = fromFileUrl(new URL("../../../../", import.meta.url));
const goldens = join(root, "tests", "goldens");

interface Ended {
  readonly code: number;
  readonly err: string;
}

/** Runs a program with these flags for permissions and no others; nobody is asked. */
async function run(flags: string[], ...args: string[]): Promise<Ended> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--quiet", ...flags, ...args],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return { code, err: new TextDecoder().decode(stderr).trim() };
}

const config = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
const sets = config.permissions as Record<
  string,
  Record<string, boolean | string[]>
>;

/** A small run of what each set is documented for, writing into `folder`. */
const documented: Record<string, (folder: string) => string[][]> = {
  preview: (folder) => [
    ["preview", "examples/scenes/two.json", "-o", join(folder, "sheet.png")],
  ],
  generate: (folder) => [
    [
      ...["generate", "examples/scenes/two.json", "--steps=1"],
      ...["-o", join(folder, "two.png")],
    ],
    ["demo", "--steps=1", "-o", folder],
  ],
  eval: (folder) => [
    [
      ...["eval", "run", "--scenes=pocket", "--count=1", "--steps=1"],
      ...["--columns=is", "-o", join(folder, "scores")],
    ],
  ],
  train: (folder) => [["train", join(folder, "tiny.json")]],
};

async function writeTrainingConfig(folder: string): Promise<void> {
  await Deno.mkdir(join(folder, "shards"));
  await writeTinyShards(join(folder, "shards"), 1);
  const tiny = {
    stage: "locref",
    name: "tiny",
    out: join(folder, "run"),
    backend: "wasm",
    steps: 1,
    batch: 2,
    optimizer: { learningRate: 1e-3 },
    model: {
      base: smallBase,
      imageEncoder: join(goldens, "clip-vision-gelu"),
    },
    data: { shards: join(folder, "shards"), side: 64 },
    augment: { views: 1 },
  };
  await Deno.writeTextFile(join(folder, "tiny.json"), JSON.stringify(tiny));
}

Deno.test("README's table holds the permissions of deno.json's sets", async () => {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const rows = readme.matchAll(/-P=(\w+) cli.ts \w+.*\| `\1` +\| ([\w, ]+)\|/g);
  const printed = Object.fromEntries(
    [...rows].map(([, name, flags]) => [name, flags!.trim().split(", ")]),
  );
  const held = Object.fromEntries(
    Object.entries(sets).map(([name, set]) => [name, Object.keys(set)]),
  );
  assertEquals(printed, held);
  for (const permission of new Set(Object.values(held).flat())) {
    assertMatch(readme, new RegExp(`^\\| ${permission} +\\| \\w`, "m"));
  }
});

Deno.test("importing the package needs no permission", async () => {
  const { code, err } = await run([], "mod.ts");
  assertEquals([code, err], [0, ""]);
});

for (const [set, commands] of Object.entries(documented)) {
  Deno.test(`permission set ${set} suffices for what it is documented for`, async () => {
    await withTempDir(async (folder) => {
      if (set === "train") await writeTrainingConfig(folder);
      for (const args of commands(folder)) {
        const { code, err } = await run([`-P=${set}`], "cli.ts", ...args);
        assertEquals(code, 0, err);
      }
    });
  });
}

/** What each permission is missed for; a set's commands work without `net` and `run` on files of one's own. */
const reasons: Record<string, RegExp> = {
  read: /^--allow-read is missing: access to ".+" is needed$/,
  write: /^--allow-write\S* is missing: /,
  env: /^--allow-env is missing: /,
  ffi: /^--allow-ffi is missing: \w+ loads a native library$/,
};

for (const [set, commands] of Object.entries(documented)) {
  Deno.test(`without one permission of set ${set} one sentence names it`, async () => {
    await withTempDir(async (folder) => {
      if (set === "train") await writeTrainingConfig(folder);
      const before = [...Deno.readDirSync(folder)].length;
      for (const [permission, sentence] of Object.entries(reasons)) {
        const flags = Object.keys(sets[set]!).filter((one) =>
          one !== permission
        ).map((one) => `--allow-${one}`);
        const [args] = commands(folder);
        const { code, err } = await run(flags, "cli.ts", ...args!);
        assertEquals(code, 1, `${permission}: ${err}`);
        assertMatch(err, sentence);
      }
      assertEquals([...Deno.readDirSync(folder)].length, before);
    });
  });
}

Deno.test("the hub is not reached without permission, and the sentence says so", async () => {
  const { net: _, ...local } = sets.generate!;
  const flags = Object.keys(local).map((one) => `--allow-${one}`);
  const scene = "examples/scenes/two.json";
  const { code, err } = await run(
    flags,
    ...["cli.ts", "generate", scene, "--model=nobody/nothing"],
  );
  assertEquals(code, 1);
  assertMatch(
    err,
    /^--allow-net=\S+ is missing: nobody\/nothing is fetched from the hub, unless /,
  );
});

Deno.test("in code a missing permission is an error with a code, before anything is loaded", async () => {
  await withTempDir(async (folder) => {
    const program = join(folder, "program.ts");
    await Deno.writeTextFile(
      program,
      `import { LocRef } from "${new URL(
        "../../../../mod.ts",
        import.meta.url,
      )}";
      const error = await LocRef.load("no/such-model").catch((error) => error);
      console.error(error.name, error.code, error.message);`,
    );
    const map = ["--config", join(root, "deno.json")];
    const { err } = await run([...map, "--allow-read", "--allow-env"], program);
    assertEquals(
      err,
      "LocRefError permission-missing --allow-ffi is missing: sharp loads a native library",
    );
    const { err: second } = await run(
      [...map, "--allow-read", "--allow-env", "--allow-ffi"],
      program,
    );
    assert(second.includes("--allow-write="), second);
  });
});
