import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { readSource } from "../../../lib/images/read_source.ts";
import { withTempDir } from "../../train/temp_dir.ts";

async function refuses(
  source: string,
  message: string,
  options: Parameters<typeof readSource>[1] = {},
) {
  const error = await assertRejects(
    () => readSource(source, { name: "Picture", ...options }),
    LocRefError,
  );
  assertEquals(error.message.slice(0, message.length), message);
}

Deno.test({
  name: "devices, pipes and folders are refused without being opened",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withTempDir(async (folder) => {
      const pipe = join(folder, "pipe.png");
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      await Deno.symlink("/dev/zero", join(folder, "zero.png"));
      const start = performance.now();
      await refuses(pipe, "Picture is not a regular file but a pipe or socket");
      await refuses(
        join(folder, "zero.png"),
        "Picture is not a regular file but a device",
      );
      await refuses(
        "/dev/zero",
        "Picture is not a regular file but a device",
        { access: { roots: [folder] } },
      );
      await refuses(folder, "Picture is not a regular file but a folder");
      assertEquals(performance.now() - start < 10_000, true);
    });
  },
});

Deno.test("empty, long and missing files are refused by what they are", async () => {
  await withTempDir(async (folder) => {
    const path = join(folder, "a.png");
    await Deno.writeFile(path, new Uint8Array(0));
    await refuses(path, "Picture: the file is empty");
    await Deno.writeFile(path, new Uint8Array(2048));
    await refuses(
      path,
      "Picture: the file has 2 KiB, at most 1 KiB are allowed",
      { limits: { bytes: 1024 } },
    );
    await refuses(join(path, "b.png"), "Picture: no such file");
    await refuses(join(folder, "x".repeat(300)), "Picture: cannot be read (");
  });
});

Deno.test({
  name: "a root keeps files inside it, links followed",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withTempDir(async (folder) => {
      const root = join(folder, "in");
      await Deno.mkdir(join(root, "deep"), { recursive: true });
      await Deno.writeTextFile(join(folder, "out.png"), "secret");
      await Deno.writeTextFile(join(root, "a.png"), "fine");
      await Deno.symlink(join(folder, "out.png"), join(root, "link.png"));
      await Deno.symlink(folder, join(root, "deep", "up"));
      await Deno.symlink("a.png", join(root, "near.png"));
      await Deno.symlink(root, join(folder, "other"));
      const access = { roots: [root] };
      const inside = { folder: root, access };
      assertEquals((await readSource("a.png", inside)).length, 4);
      assertEquals((await readSource("near.png", inside)).length, 4);
      assertEquals((await readSource("deep/../a.png", inside)).length, 4);
      const linked = {
        folder: root,
        access: { roots: [join(folder, "other")] },
      };
      await refuses("a.png", "Picture lies outside", linked);
      const paths = [
        "../out.png",
        join(folder, "out.png"),
        `file://${folder}/out.png`,
        "../missing.png",
        "../in2/a.png",
      ];
      for (const path of paths) {
        await refuses(path, "Picture lies outside", inside);
      }
      await refuses("link.png", "Picture leads by a link outside", inside);
      await refuses("deep/up/out.png", "Picture leads by a link", inside);
      const trusted = new Set(["../out.png"]);
      const allowed = { folder: root, access: { ...access, trusted } };
      assertEquals((await readSource("../out.png", allowed)).length, 6);
    });
  },
});

Deno.test("URLs are refused where a root holds", async () => {
  const access = { roots: ["/"] };
  await refuses("data:text/plain,a", "Picture: data: URLs are not read", {
    access,
  });
  await refuses("http://127.0.0.1/a.png", "Picture: http: URLs are not read", {
    access,
  });
  assertEquals((await readSource("data:text/plain,a")).length, 1);
  await refuses(
    `data:text/plain,${"a".repeat(2000)}`,
    "Picture: the data: URL has 2 KiB",
    { limits: { bytes: 1000 } },
  );
});

Deno.test("messages repeat a long source by its end and without control characters", async () => {
  const error = await assertRejects(
    () => readSource(`${"a/".repeat(500)}\u001b[31mend.png`),
    LocRefError,
  );
  assertEquals(error.message.length < 220, true);
  assertEquals(error.message.includes("[31mend.png"), true);
  assertEquals(error.message.includes("\u001b"), false);
});
