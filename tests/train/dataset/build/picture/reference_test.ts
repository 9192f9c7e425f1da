import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openDataset } from "../../../../../train/dataset/read/open_dataset.ts";
import {
  pictureDefaults,
  type PictureOptions,
} from "../../../../../train/dataset/options.ts";
import type { Sample } from "../../../../../train/dataset/build/sample.ts";
import { withTempDir } from "../../../temp_dir.ts";
import { build, coco, filesIn } from "../../data.ts";

function pictureWith(change: Partial<PictureOptions>): PictureOptions {
  return { ...pictureDefaults, size: 64, refSize: 32, ...change };
}

async function samplesOf(folder: string): Promise<Sample[]> {
  const { lines, read } = await openDataset(folder);
  return await Promise.all(lines.map(async (_, i) => (await read(i)).sample));
}

Deno.test("a reference of another picture shows its class, from its split", async () => {
  await withTempDir(async (dir) => {
    const picture = pictureWith({ reference: "other" });
    const options = { picture, validation: 0.5, seed: 3 };
    const { report } = await build(await coco(), dir, options);
    const dataset = await openDataset(dir);
    const splits = new Map(dataset.lines.map(({ id, split }) => [id, split]));
    const samples = await samplesOf(dir);
    const category = new Map(
      samples.flatMap(({ instances }) => instances)
        .map((instance) => [instance.id, instance.category]),
    );
    let others = 0, own = 0;
    for (const { source, instances } of samples) {
      for (const { reference, category: wanted } of instances) {
        if (reference === undefined) own++;
        else {
          others++;
          assert(reference.picture !== source.id);
          assertEquals(category.get(reference.id), wanted);
          assertEquals(splits.get(reference.picture), splits.get(source.id));
        }
      }
    }
    assert(others > 0 && own > 0, `${others} others, ${own} own`);
    const counts = { same: 0, other: others, fallback: own };
    assertEquals(report!.references, counts);
  });
});

Deno.test("which other picture lends the reference hangs on the seed only", async () => {
  await withTempDir(async (dir) => {
    const picture = pictureWith({ reference: "other" });
    for (
      const [name, seed, threads] of [["a", 0, 1], ["b", 0, 3], ["c", 5, 1]]
    ) {
      const options = { picture, seed: Number(seed), threads: Number(threads) };
      await build(await coco(), join(dir, String(name)), options);
    }
    const chosen = async (name: string) =>
      (await samplesOf(join(dir, name))).flatMap(({ instances }) =>
        instances.map(({ reference }) => reference?.id)
      );
    const [a, b, c] = [await chosen("a"), await chosen("b"), await chosen("c")];
    assertEquals(a, b);
    assert(JSON.stringify(a) !== JSON.stringify(c));
  });
});

Deno.test("a lent reference has the pixels of the lender's own", async () => {
  await withTempDir(async (dir) => {
    await build(await coco(), join(dir, "same"));
    const own = new Map<string, Uint8Array>();
    const same = await openDataset(join(dir, "same"));
    for (let i = 0; i < same.lines.length; i++) {
      const { sample, refs } = await same.read(i);
      sample.instances.forEach(({ id }, n) => own.set(id, refs[n]!));
    }
    const picture = pictureWith({ reference: "other" });
    await build(await coco(), join(dir, "other"), { picture });
    const other = await openDataset(join(dir, "other"));
    let compared = 0;
    for (let i = 0; i < other.lines.length; i++) {
      const { sample, refs } = await other.read(i);
      sample.instances.forEach(({ reference }, n) => {
        const expected = reference && own.get(reference.id);
        if (expected === undefined) return;
        assertEquals(refs[n], expected);
        compared++;
      });
    }
    assert(compared > 0);
  });
});

for (const originals of ["link", "copy"] as const) {
  Deno.test(`originals are kept by their hash: ${originals}`, async () => {
    await withTempDir(async (dir) => {
      await build(await coco(), dir, { picture: pictureWith({ originals }) });
      const files = await filesIn(dir);
      const samples = await samplesOf(dir);
      assert(samples.length > 0);
      for (const { source } of samples) {
        const hash = source.sha256;
        assertEquals(
          source.original,
          `originals/${hash.slice(0, 2)}/${hash}.jpg`,
        );
        const digest = await crypto.subtle.digest(
          "SHA-256",
          files[source.original!] as Uint8Array<ArrayBuffer>,
        );
        assertEquals(new Uint8Array(digest).toHex(), hash);
      }
    });
  });
}

Deno.test("without originals nothing but the samples is kept", async () => {
  await withTempDir(async (dir) => {
    const picture = pictureWith({ originals: "none" });
    await build(await coco(), dir, { picture });
    const names = Object.keys(await filesIn(dir));
    assertEquals(names.filter((name) => name.startsWith("originals")), []);
    const [sample] = await samplesOf(dir);
    assertEquals(sample!.source.original, undefined);
  });
});
