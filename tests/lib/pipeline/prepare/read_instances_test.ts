import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { loadSharp } from "../../../../lib/images/load_sharp.ts";
import { readInstances } from "../../../../lib/pipeline/prepare/read_instances.ts";
import type {
  InstanceData,
  SceneData,
} from "../../../../lib/scene_data/scene_data.ts";

const sharp = await loadSharp();

function sceneOf(...instances: Partial<InstanceData>[]): SceneData {
  return {
    version: 1,
    size: { width: 128, height: 128 },
    caption: "a",
    negative: "",
    instances: instances.map((one) => ({
      reference: "photo.png",
      box: { x0: 0, y0: 0, x1: 1, y1: 1 },
      scale: 1,
      start: 0,
      end: 1,
      z: 0,
      cutout: "alpha",
      ...one,
    })),
  };
}

/** A grey picture of which `value(x, y)` says the values, 0 to 255. */
async function write(
  path: string,
  [width, height]: readonly [number, number],
  value: (x: number, y: number) => number,
  orientation?: number,
): Promise<void> {
  const grey = Uint8Array.from(
    { length: width * height },
    (_, i) => value(i % width, Math.floor(i / width)),
  );
  const image = sharp(grey, { raw: { width, height, channels: 1 } });
  const turned = orientation ? image.withMetadata({ orientation }) : image;
  await Deno.writeFile(path, await turned.png().toBuffer());
}

async function withFolder(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await write(join(folder, "photo.png"), [40, 30], () => 200);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Warnings of one instance, without its name. */
async function warningsOf(
  folder: string,
  instance: Partial<InstanceData>,
): Promise<string[]> {
  const [read] = await readInstances(sceneOf(instance), { folder });
  return read!.warnings.map((text) => {
    const [, name, what] = /^(Instance 1 \("[^"]+"\)): (.*)$/.exec(text)!;
    assert(name !== undefined);
    return what!;
  });
}

Deno.test("a mask of 0 and 1 cuts out as one of 0 and 255", async () => {
  await withFolder(async (folder) => {
    const half = (value: number) => (x: number) => x < 20 ? 0 : value;
    await write(join(folder, "a.png"), [40, 30], half(1));
    await write(join(folder, "b.png"), [40, 30], half(255));
    const [a, b] = await readInstances(
      sceneOf({ cutout: "a.png" }, { cutout: "b.png" }),
      { folder },
    );
    assertEquals(a!.reference, b!.reference);
    assertEquals(a!.warnings, []);
  });
});

Deno.test("what leaves nothing of a reference is named", async () => {
  await withFolder(async (folder) => {
    await write(join(folder, "black.png"), [40, 30], () => 0);
    await write(join(folder, "dim.png"), [40, 30], (x) => x < 20 ? 0 : 15);
    await write(
      join(folder, "dot.png"),
      [40, 30],
      (x, y) => x + y === 0 ? 255 : 0,
    );
    assertEquals(await warningsOf(folder, { cutout: "black.png" }), [
      "cutout leaves 0 % of the reference: it is black wherever the reference is visible",
    ]);
    assertEquals(await warningsOf(folder, { cutout: "dim.png" }), [
      "cutout leaves 2.9 % of the reference: it is nowhere lighter than 5.9 %, and the object must be white",
    ]);
    assertEquals(await warningsOf(folder, { cutout: "dot.png" }), [
      "cutout leaves only 0.08 % of the reference",
    ]);
    const clear = await sharp({
      create: {
        width: 9,
        height: 9,
        channels: 4,
        background: { r: 255, g: 0, b: 0, alpha: 0 },
      },
    }).png().toBuffer();
    await Deno.writeFile(join(folder, "clear.png"), clear);
    assertEquals(await warningsOf(folder, { reference: "clear.png" }), [
      "reference is transparent everywhere, so nothing of it will be seen",
    ]);
    assertEquals(
      await warningsOf(folder, { reference: "clear.png", cutout: "none" }),
      [],
    );
  });
});

Deno.test("a region that is black, dim or of another shape is named", async () => {
  await withFolder(async (folder) => {
    await write(join(folder, "black.png"), [64, 64], () => 0);
    await write(join(folder, "dim.png"), [64, 64], (x) => x < 9 ? 9 : 0);
    await write(join(folder, "wide.png"), [64, 32], () => 255);
    await write(join(folder, "good.png"), [64, 64], (x) => x < 9 ? 1 : 0);
    assertEquals(await warningsOf(folder, { region: "black.png" }), [
      "region is black everywhere, so the instance acts nowhere",
    ]);
    assertEquals((await warningsOf(folder, { region: "dim.png" })).length, 1);
    assertEquals(await warningsOf(folder, { region: "wide.png" }), [
      "region is 64 × 32 pixels, another shape than the canvas of 128 × 128 pixels, so it is stretched",
    ]);
    assertEquals(await warningsOf(folder, { region: "good.png" }), []);
  });
});

Deno.test("a mask drawn on stored pixels is turned as its picture is", async () => {
  await withFolder(async (folder) => {
    const left = (x: number) => x < 10 ? 255 : 0;
    await write(join(folder, "phone.png"), [40, 30], () => 90, 6);
    await write(join(folder, "stored.png"), [40, 30], left);
    await write(join(folder, "marked.png"), [40, 30], left, 6);
    await write(join(folder, "upright.png"), [30, 40], (_, y) => left(y));
    const cutouts = ["stored.png", "marked.png", "upright.png"];
    const read = await readInstances(
      sceneOf(
        ...cutouts.map((cutout) => ({ reference: "phone.png", cutout })),
      ),
      { folder },
    );
    assertEquals(read.flatMap(({ warnings }) => warnings), []);
    for (const { reference } of read) {
      assertEquals([reference.width, reference.height], [30, 40]);
      assertEquals([reference.data[3], reference.data.at(-1)], [255, 0]);
    }
  });
});

Deno.test("a mask of another shape, or one that may lie either way, is named", async () => {
  await withFolder(async (folder) => {
    await write(join(folder, "square.png"), [32, 32], () => 255);
    await write(join(folder, "half.png"), [20, 15], () => 255);
    await write(join(folder, "third.png"), [13, 10], () => 255);
    await write(join(folder, "phone.png"), [40, 30], () => 90, 3);
    assertEquals(await warningsOf(folder, { cutout: "square.png" }), [
      "cutout is 32 × 32 pixels, another shape than its reference of 40 × 30 pixels, so it is stretched",
    ]);
    assertEquals(await warningsOf(folder, { cutout: "half.png" }), []);
    assertEquals(await warningsOf(folder, { cutout: "third.png" }), []);
    assertEquals(
      await warningsOf(folder, { reference: "phone.png", cutout: "half.png" }),
      [
        "EXIF orientation 3 turns the reference, and cutout is taken to be drawn on the turned picture",
      ],
    );
  });
});

Deno.test("a scene of very many instances is refused before its files are looked at", async () => {
  const many = sceneOf(...Array(257).fill({ reference: "nowhere.png" }));
  const { message } = await assertRejects(
    () => readInstances(many),
    LocRefError,
  );
  assert(message.includes("257 instances, at most 256"), message);
});

Deno.test("what all pictures of a scene take is limited, and the instance named", async () => {
  await withFolder(async (folder) => {
    const scene = sceneOf({}, { cutout: "photo.png" }, {});
    const refused = async (limits: Record<string, number>, end: string) => {
      const { message } = await assertRejects(
        () => readInstances(scene, { folder, limits }),
        LocRefError,
      );
      assert(message.endsWith(end), message);
    };
    await refused(
      { scenePixels: 3000 },
      'Instance 2 ("photo.png"): cutout "photo.png": with it the scene\'s pictures have 3600 pixels, at most 3000 are allowed',
    );
    await refused({ sceneBytes: 99 }, "at most 99 bytes are allowed");
    await refused({ pixels: 1000 }, "at most 1000 are allowed");
    await refused(
      { instances: 2 },
      "The scene has 3 instances, at most 2 are allowed, unless limits.instances says otherwise",
    );
    await assertRejects(
      () => readInstances(scene, { folder, limits: { pixel: 3 } as never }),
      TypeError,
      'did you mean "pixels"?',
    );
    await assertRejects(
      () => readInstances(scene, { folder, limits: { side: 0 } }),
      RangeError,
      "limits.side must be a number above 0, got 0",
    );
  });
});

Deno.test("every picture of an instance that is missing is named", async () => {
  await withFolder(async (folder) => {
    const gone = async (instance: Partial<InstanceData>, end: string) => {
      const { message } = await assertRejects(
        () => readInstances(sceneOf(instance), { folder }),
        LocRefError,
      );
      assertEquals(message, `Instance 1 ("photo.png"): ${end}: no such file`);
    };
    await gone({ region: "a.png" }, 'region "a.png"');
    await gone({ negative: "b.png" }, 'negative reference "b.png"');
    await gone({ cutout: "c.png" }, 'cutout "c.png"');
    await gone({ others: ["d.png"] }, 'picture 2 ("d.png")');
  });
});
