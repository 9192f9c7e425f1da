import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { crc32 } from "node:zlib";
import { removeLeftovers } from "../../cli/setup_tensorflow/remove_leftovers.ts";
import { stampHolds, writeStamp } from "../../cli/setup_tensorflow/stamp.ts";
import { mayHaveNvidiaDriver } from "../../lib/ops/gpu/nvidia_driver.ts";
import { headersArchive } from "../../cli/setup_tensorflow/link_binding.ts";
import {
  unzipAll,
  unzipFiles,
} from "../../cli/setup_tensorflow/unzip_files.ts";

const setup = fromFileUrl(
  new URL("../../cli.ts", import.meta.url),
);

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runSetup(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-check",
      setup,
      "setup-tensorflow",
      ...args,
    ],
    // Nothing is downloaded in tests: the package's own script meets a closed door.
    env: { NO_COLOR: "1", CDN_STORAGE: "http://127.0.0.1:1/", ...env },
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** A ZIP archive of files that are stored as they are. */
function zipOf(files: Readonly<Record<string, string>>): Uint8Array {
  const encoder = new TextEncoder();
  const locals: number[] = [], directory: number[] = [];
  const two = (n: number) => [n & 255, n >> 8 & 255];
  const four = (n: number) => [...two(n & 65535), ...two(n >>> 16)];
  for (const [name, text] of Object.entries(files)) {
    const path = encoder.encode(name), data = encoder.encode(text);
    const about = [
      ...[20, 0, 0, 0, 0, 0, 0, 0, 33, 0],
      ...four(crc32(data)),
      ...four(data.length),
      ...four(data.length),
      ...two(path.length),
      ...two(0),
    ];
    directory.push(
      ...[80, 75, 1, 2, 20, 0, ...about],
      ...[...Array(10).fill(0), ...four(locals.length), ...path],
    );
    locals.push(80, 75, 3, 4, ...about, ...path, ...data);
  }
  const count = Object.keys(files).length;
  const end = [
    ...[80, 75, 5, 6, 0, 0, 0, 0, ...two(count), ...two(count)],
    ...[...four(directory.length), ...four(locals.length), 0, 0],
  ];
  return Uint8Array.from([...locals, ...directory, ...end]);
}

Deno.test("files are unzipped by name from any folder of an archive", () =>
  inFolder(async (folder) => {
    const archive = join(folder, "library.jar");
    await Deno.writeFile(
      archive,
      zipOf({ "a/LICENSE": "no", "a/b/one.so": "1", "c/two.so": "22" }),
    );
    await unzipFiles(archive, folder, ["one.so", "two.so"]);
    assertEquals(await Deno.readTextFile(join(folder, "one.so")), "1");
    assertEquals(await Deno.readTextFile(join(folder, "two.so")), "22");
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assertEquals(names.sort(), ["library.jar", "one.so", "two.so"]);
  }));

Deno.test("an archive without the files that are wanted is refused", () =>
  inFolder(async (folder) => {
    const archive = join(folder, "library.jar");
    await Deno.writeFile(archive, zipOf({ "one.so": "1" }));
    await assertRejects(
      () => unzipFiles(archive, folder, ["two.so"]),
      Error,
      "does not hold two.so",
    );
  }));

Deno.test("an archive that was cut off is refused", () =>
  inFolder(async (folder) => {
    const archive = join(folder, "library.jar");
    await Deno.writeFile(archive, zipOf({ "one.so": "1" }).subarray(0, 60));
    await assertRejects(() => unzipFiles(archive, folder, ["one.so"]), Error);
  }));

Deno.test("every header that TensorFlow's headers name lies in their archive, beside their licence", () =>
  inFolder(async (folder) => {
    const root = fromFileUrl(new URL("../../", import.meta.url));
    await unzipAll(join(root, headersArchive), folder);
    const todo = ["tensorflow/c/c_api.h", "tensorflow/c/eager/c_api.h"];
    const seen = new Set<string>();
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const text = await Deno.readTextFile(join(folder, name));
      const named = text.matchAll(/^#include "([^"]+)"/gm);
      todo.push(...named.map(([, file]) => file!));
    }
    assert(seen.size > 10, `${seen.size} headers`);
    const licence = await Deno.readTextFile(join(folder, "LICENSE"));
    assertStringIncludes(licence, "Apache License");
  }));

Deno.test("a setup counts as done until one of its files changes", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "lib"));
    const library = join(folder, "library.so");
    await Deno.writeTextFile(library, "four");
    assert(!await stampHolds(folder));
    await writeStamp(folder, [library]);
    assert(await stampHolds(folder));
    await Deno.writeTextFile(library, "longer");
    assert(!await stampHolds(folder));
    await Deno.remove(library);
    assert(!await stampHolds(folder));
  }));

Deno.test("what killed setups left is removed, what runs is not", () =>
  inFolder(async (folder) => {
    for (const name of ["tensorflow-1.part", "tensorflow-2.part", "other"]) {
      await Deno.mkdir(join(folder, name));
    }
    const long = Date.now() / 1000 - 7200;
    await Deno.utime(join(folder, "tensorflow-1.part"), long, long);
    await removeLeftovers(folder, "tensorflow");
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assertEquals(names.sort(), ["other", "tensorflow-2.part"]);
  }));

Deno.test("a setup without Maven and Python says what to install", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await runSetup(["--force"], {
      PATH: folder,
      XDG_CACHE_HOME: folder,
    });
    assertEquals([code, stdout], [1, ""]);
    assertStringIncludes(stderr, "Maven (mvn) is missing");
    assertStringIncludes(stderr, "apt-get install maven");
    const left = Array.from(Deno.readDirSync(join(folder, "locref")));
    assertEquals(left, []);
  }));

Deno.test("a setup with libraries but without a compiler says what to install", () =>
  inFolder(async (folder) => {
    const library = join(folder, "locref", "tensorflow-2.21");
    await Deno.mkdir(library, { recursive: true });
    for (const name of ["cc", "framework"]) {
      const file = join(library, `libtensorflow_${name}.so.2`);
      await Deno.writeTextFile(file, "library");
    }
    const { code, stderr } = await runSetup(["--force"], {
      PATH: folder,
      XDG_CACHE_HOME: folder,
      CXX: "no-such-compiler",
    });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "(no-such-compiler) is missing");
    assertStringIncludes(stderr, "apt-get install g++");
  }));

Deno.test("an unknown flag of setup:tensorflow is a wrong usage", async () => {
  const { code, stderr } = await runSetup(["--cuda"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "--cuda");
});

Deno.test({
  name: "without an NVIDIA driver a setup for GPUs fetches nothing and says so",
  ignore: mayHaveNvidiaDriver(),
  fn: () =>
    inFolder(async (folder) => {
      const { code, stderr } = await runSetup(["--gpu"], {
        PATH: folder,
        XDG_CACHE_HOME: folder,
      });
      assertEquals(code, 1);
      assertStringIncludes(
        stderr,
        "No NVIDIA driver is loaded: install it first, or fetch all the same with --force",
      );
      const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
      assert(!names.includes("locref"), names.join());
    }),
});
