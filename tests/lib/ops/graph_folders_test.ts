import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import {
  collectGraphFolders,
  makeGraphFolder,
} from "../../../lib/ops/graph_folders.ts";
import { withGraphFolder } from "../../../lib/ops/onnx/folder.ts";
import { inTempDir } from "../weights/temp_dir.ts";

const names = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a graph's folder goes away with its use, also when that fails", async () => {
  await inTempDir(async (folder) => {
    const graph = new Uint8Array(3);
    const read = await withGraphFolder(graph, new Map(), Deno.readFile, {
      folder,
    });
    assertEquals(read, graph);
    await assertRejects(
      () =>
        withGraphFolder(
          graph,
          new Map(),
          () => Promise.reject(new Error("x")),
          {
            folder,
          },
        ),
      Error,
      "x",
    );
    assertEquals(names(folder), []);
  });
});

Deno.test("the folder of a process that was killed is collected, that of a living one is not", async () => {
  await inTempDir(async (folder) => {
    const module = new URL(
      "../../../lib/ops/graph_folders.ts",
      import.meta.url,
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--no-lock",
        `import { makeGraphFolder } from ${JSON.stringify(module.href)};
         const { path } = await makeGraphFolder(${JSON.stringify(folder)});
         await Deno.writeTextFile(path + "/graph.onnx", "x");
         console.log("made");
         await new Promise((resolve) => setTimeout(resolve, 60_000));`,
      ],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    const own = await makeGraphFolder(folder);
    await collectGraphFolders(folder);
    assertEquals(names(folder).length, 4);
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    await collectGraphFolders(folder);
    assertEquals(names(folder).length, 2);
    await Deno.stat(own.path);
    await own.remove();
    assertEquals(names(folder), []);
  });
});

Deno.test("folders of older versions are collected after a day, other files never", async () => {
  await inTempDir(async (folder) => {
    for (const name of ["locref-graph-old", "locref-graph-new", "other"]) {
      await Deno.mkdir(join(folder, name));
    }
    const old = new Date(Date.now() - 48 * 3600 * 1000);
    for (const name of ["locref-graph-old", "other"]) {
      await Deno.utime(join(folder, name), old, old);
    }
    await collectGraphFolders(folder);
    assertEquals(names(folder), ["locref-graph-new", "other"]);
  });
});

Deno.test({
  name: "a full disk is one sentence, and leaves no folder behind",
  // a file system of one page, which only root may mount, stands in for a full disk
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  async fn() {
    await inTempDir(async (dir) => {
      const folder = join(dir, "small");
      await Deno.mkdir(folder);
      const mount = await new Deno.Command("mount", {
        args: ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
        stderr: "null",
      }).output();
      if (!mount.success) return;
      try {
        const weights = join(dir, "weights");
        await Deno.writeFile(weights, new Uint8Array(300_000));
        for (
          const [graph, files] of [
            [new Uint8Array(300_000), new Map()],
            [new Uint8Array(1), new Map([["w", weights]])],
          ] as const
        ) {
          const error = await assertRejects(
            () =>
              withGraphFolder(graph, files, () => Promise.resolve(), {
                folder,
                onCopy: () => {},
              }),
            LocRefError,
            "(the disk is full): set TMPDIR",
          );
          assert(error.message.includes(folder));
          assertEquals(names(folder), []);
        }
      } finally {
        await new Deno.Command("umount", { args: [folder] }).output();
      }
    });
  },
});
