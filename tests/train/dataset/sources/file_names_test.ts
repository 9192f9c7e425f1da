/** Pictures whose names in the annotations are not those on the disk. */

import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import {
  leadsOut,
  readingsOf,
} from "../../../../train/dataset/sources/file_names.ts";
import {
  openPictureFiles,
  type PictureFiles,
} from "../../../../train/dataset/sources/picture_files.ts";
import { withTempDir } from "../../temp_dir.ts";
import { zipOf } from "../zip_file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const nfd = "cafe\u0301.jpg", nfc = "caf\u00e9.jpg";

/** Opens files, whose content is their name, in a folder and in an archive. */
async function inBoth(
  names: readonly string[],
  use: (files: PictureFiles, kind: "folder" | "zip") => Promise<void>,
) {
  await withTempDir(async (dir) => {
    const folder = join(dir, "folder"), zip = join(dir, "pictures.zip");
    for (const name of names) {
      const path = join(folder, name);
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeFile(path, bytes(name));
    }
    const entries = names.map((name) => [name, bytes(name)]);
    await Deno.writeFile(zip, zipOf(Object.fromEntries(entries)));
    for (const [kind, path] of [["folder", folder], ["zip", zip]] as const) {
      const files = await openPictureFiles(path);
      try {
        await use(files, kind);
      } finally {
        files.close();
      }
    }
  });
}

for (
  const [what, names, asked, expected] of [
    ["backslashes", ["sub/3.jpg"], "sub\\3.jpg", "sub/3.jpg"],
    ["composed letters", [nfd], nfc, nfd],
    ["decomposed letters", [nfc], nfd, nfc],
    ["both in one path", [`${nfd}/1.jpg`], `${nfc}\\1.jpg`, `${nfd}/1.jpg`],
    ["escapes", ["my cat.jpg"], "my%20cat.jpg", "my cat.jpg"],
    ["escapes on the disk", ["my%20cat.jpg"], "my cat.jpg", "my%20cat.jpg"],
    ["escaped letters", [nfc], "caf%C3%A9.jpg", nfc],
    ["an escaped separator", ["sub/3.jpg"], "sub%5C3.jpg", "sub/3.jpg"],
    ["a per cent sign", ["100%.jpg"], "100%.jpg", "100%.jpg"],
    ["its own escape", ["a b.jpg", "a%20b.jpg"], "a%20b.jpg", "a%20b.jpg"],
    ["both forms", [nfc, nfd], nfd, nfd],
  ] as [string, string[], string, string][]
) {
  Deno.test(`a name with ${what} finds its file`, async () => {
    await inBoth(names, async (files) => {
      assertEquals(
        new TextDecoder().decode(await files.read(asked)),
        expected,
      );
      if (files.path === undefined) return;
      assertEquals(await Deno.readTextFile(files.path(asked)), expected);
    });
  });
}

Deno.test({
  name: "a file whose very name has a backslash is taken before a folder's",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withTempDir(async (dir) => {
      await Deno.mkdir(join(dir, "sub"));
      await Deno.writeFile(join(dir, "sub/3.jpg"), bytes("below"));
      await Deno.writeFile(join(dir, "sub\\3.jpg"), bytes("itself"));
      const files = await openPictureFiles(dir);
      assertEquals(await files.read("sub\\3.jpg"), bytes("itself"));
    });
  },
});

for (
  const name of [
    ...["../up.jpg", "..\\up.jpg", "a/../../up.jpg", "a\\..\\up.jpg"],
    ...["/etc/hosts", "\\etc\\hosts", "C:\\up.jpg", "C:/up.jpg", "a\\\\b.jpg"],
    ...["\\\\server\\up.jpg", "up.jpg\0", ""],
  ]
) {
  Deno.test(`the name ${JSON.stringify(name)} leads out of the folder`, async () => {
    await inBoth(["a/1.jpg"], async (files) => {
      await assertRejects(() => files.read(name), Error, "leads out");
    });
  });
}

Deno.test("escapes do not lead out of the folder", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeFile(join(dir, "secret.jpg"), bytes("secret"));
    await Deno.mkdir(join(dir, "in"));
    const files = await openPictureFiles(join(dir, "in"));
    for (
      const name of ["..%2Fsecret.jpg", "%2e%2e/secret.jpg", "..%5Csecret.jpg"]
    ) {
      await assertRejects(() => files.read(name), Error, "is missing");
    }
  });
});

Deno.test("no reading of any name leads out of its folder", () => {
  const part = fc.constantFrom(
    "..",
    ".",
    "",
    "a",
    "%2e%2e",
    "%2F",
    "C:",
    "b.jpg",
  );
  const separator = fc.constantFrom("/", "\\", "%2f", "%5C");
  fc.assert(fc.property(fc.array(fc.tuple(part, separator)), (parts) => {
    const name = parts.flat().join("");
    for (const reading of readingsOf(name)) {
      assertEquals(reading.split("/").includes(".."), false, name);
      assertEquals(/^\/|^[A-Za-z]:\//.test(reading), false, name);
    }
    if (readingsOf(name).length === 0) assertEquals(leadsOut(name), true, name);
  }));
});

Deno.test("a name in an archive may be the end of an entry's, if only one ends so", async () => {
  const names = ["train/1.jpg", "val/1.jpg", "val/2.jpg", "data/val/3.jpg"];
  await inBoth(names, async (files, kind) => {
    if (kind === "folder") return;
    const read = async (name: string) =>
      new TextDecoder().decode(await files.read(name));
    assertEquals(await read("2.jpg"), "val/2.jpg");
    assertEquals(await read("val\\3.jpg"), "data/val/3.jpg");
    assertEquals(await read("val/1.jpg"), "val/1.jpg");
    await assertRejects(
      () => read("1.jpg"),
      Error,
      "The name 1.jpg may be train/1.jpg or val/1.jpg",
    );
    await assertRejects(() => read("l/2.jpg"), Error, "is missing");
  });
});

Deno.test("a file that differs only in its form is not guessed among several", async () => {
  await inBoth(["a%20%62.jpg", "%61 b.jpg"], async (files) => {
    await assertRejects(() => files.read("a b.jpg"), Error, "may be");
  });
});
