import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { encodeImage } from "../../../lib/images/encode.ts";
import { blankRaster } from "../../../lib/images/raster.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { box, scene } from "../../../mod.ts";

const whole = { fraction: [0, 0, 1, 1] };
const picture = await encodeImage(blankRaster(4, 4, [9, 9, 9, 255]));

/** A folder with `out.png`, and `in/a.png` below it. */
async function withFolders(
  use: (inner: string, outer: string) => Promise<void>,
): Promise<void> {
  const outer = await Deno.makeTempDir();
  try {
    const inner = join(outer, "in");
    await Deno.mkdir(inner);
    await Deno.writeFile(join(inner, "a.png"), picture);
    await Deno.writeFile(join(outer, "out.png"), picture);
    await use(inner, outer);
  } finally {
    await Deno.remove(outer, { recursive: true });
  }
}

Deno.test("relative paths of a scene with a root start from it", async () => {
  await withFolders(async (root) => {
    const json = { instances: [{ reference: "a.png", box: whole }] };
    const { references } = await scene.from(json, { root }).preview();
    assertEquals(references[0]!.width, 4);
  });
});

Deno.test("a root holds for every kind of picture of an instance", async () => {
  await withFolders(async (root, outer) => {
    const out = join(outer, "out.png");
    const all = [
      { reference: out },
      { reference: "../out.png" },
      { reference: "a.png", negative: out },
      { reference: "a.png", region: out },
      { reference: "a.png", cutout: out },
      { reference: `file://${out}` },
    ];
    for (const instance of all) {
      const json = { instances: [{ ...instance, box: whole }] };
      await assertRejects(
        () => scene.from(json, { root }).preview(),
        LocRefError,
        'lies outside "',
      );
      await scene.from(json, { root: [root, outer] }).preview();
      await scene.from(json, { root: false, folder: root }).preview();
    }
  });
});

Deno.test("what a program puts into a scene with a root is read wherever it lies", async () => {
  await withFolders(async (root, outer) => {
    const json = { instances: [{ reference: "gone.png", box: whole }] };
    const mended = scene.from(json, { root })
      .change(0, { reference: join(outer, "out.png") })
      .place(picture, box.fraction(0, 0, 0.5, 0.5))
      .caption("a");
    assertEquals((await mended.preview()).references.length, 2);
    const data = { ...json.instances[0], reference: "data:image/png,a" };
    await assertRejects(
      () => scene.from({ instances: [data] }, { root }).preview(),
      LocRefError,
      "data: URLs are not read",
    );
  });
});

Deno.test("a root of a wrong type is refused", () => {
  for (const root of [true, 3, [3], ""]) {
    assertThrows(() => scene.from({}, { root: root as never }));
  }
});

Deno.test("a Blob that is too large is refused before its bytes are read", async () => {
  class Unread extends Blob {
    override arrayBuffer(): never {
      throw new Error("its bytes were read");
    }
  }
  const blob = new Unread([new Uint8Array(2000)]);
  const one = scene().place(blob, box.fraction(0, 0, 1, 1));
  const refused = async (limits: object) =>
    (await assertRejects(() => one.preview({ limits }), LocRefError)).message
      .replace(/^Instance 1 \(.*?\): /, "");
  assertEquals(
    await refused({ bytes: 1000 }),
    "reference: the Blob has 2 KiB, at most 1000 bytes are allowed",
  );
  assertEquals(
    await refused({ sceneBytes: 1000 }),
    "reference: with it the scene's pictures have 2 KiB, at most 1000 bytes are allowed",
  );
});
