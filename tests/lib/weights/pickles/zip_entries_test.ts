import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { listZipEntries } from "../../../../lib/weights/pickles/zip_entries.ts";
import { PickleFault } from "../../../../lib/weights/pickles/pickle_fault.ts";
import { inTempDir } from "../temp_dir.ts";
import { archive, bytes, uint } from "./craft.ts";

const whole = archive({ a: bytes("one"), b: bytes("three") });

/** The archive whose last entry is said to lie at `place`, eight bytes among the extra fields. */
function placed(place: readonly number[]): Uint8Array {
  const end = whole.length - 22;
  const central = whole.slice(0, end);
  const head = central.length - 47;
  central.set(uint(12, 2), head + 30);
  central.set([255, 255, 255, 255], head + 42);
  return bytes([...central], [1, 0, 8, 0], place, [...whole.slice(end)]);
}

async function entriesOf(content: Uint8Array) {
  return await inTempDir(async (dir) => {
    const path = join(dir, "archive.bin");
    await Deno.writeFile(path, content);
    return await listZipEntries(path, content.length);
  });
}

Deno.test("entries are found, also where their place stands among the extra fields", async () => {
  const usual = await entriesOf(whole);
  assertEquals([...usual].map(([name, { length }]) => [name, length]), [
    ["a", 3],
    ["b", 5],
  ]);
  assertEquals(await entriesOf(placed(uint(34, 8))), usual);
});

Deno.test("an entry beyond the file, or beyond exact numbers, is refused by its name", async () => {
  for (
    const place of [
      uint(whole.length - 3, 8),
      uint(2 ** 40, 8),
      [255, 255, 255, 255, 255, 255, 255, 255],
    ]
  ) {
    await assertRejects(
      () => entriesOf(placed(place)),
      PickleFault,
      'entry "b" of its archive reaches beyond the file',
    );
  }
});
