import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { LocRefError } from "../../../../lib/core/error.ts";
import { encodeImage } from "../../../../lib/images/encode.ts";
import { loadSharp } from "../../../../lib/images/load_sharp.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";
import {
  backendWarning,
  modelWarning,
} from "../../../../lib/pipeline/provenance/model_warning.ts";
import { parseProvenance } from "../../../../lib/pipeline/provenance/parse_provenance.ts";
import { Picture } from "../../../../lib/pipeline/picture.ts";
import type { Provenance } from "../../../../lib/pipeline/provenance/provenance.ts";
import { readProvenance } from "../../../../lib/pipeline/provenance/read_provenance.ts";
import type { InstanceData } from "../../../../lib/scene_data/scene_data.ts";
import { box, LocRef, scene } from "../../../../mod.ts";

const hash = (digit: string) => digit.repeat(64);

function instance(
  reference: string,
  more: Partial<InstanceData> = {},
): InstanceData {
  return {
    reference,
    box: { x0: 0, y0: 0, x1: 1, y1: 1 },
    scale: 1,
    start: 0,
    end: 1,
    z: 0,
    cutout: "alpha",
    ...more,
  };
}

function madeFrom(...instances: InstanceData[]): Provenance {
  return {
    version: 1,
    scene: { version: 1, caption: "a", negative: "", instances },
    seed: 3,
    steps: 2,
    guidance: 2,
    sampler: "ddim",
    eta: 0,
    size: { width: 64, height: 64 },
    fusion: {},
    model: { name: "pocket", files: { "unet/a.safetensors": hash("1") } },
    backend: "onnx",
    references: instances.map(() => hash("0")),
  };
}

type Place = ConstructorParameters<typeof Picture>[3];

/** What a saved picture holds of `made`. */
async function held(
  made: Provenance,
  place: NonNullable<Place>["place"],
  provenance?: "full" | "portable" | "none",
): Promise<Provenance> {
  const picture = new Picture(blankRaster(2, 2), made, [], { place });
  return await readProvenance(await picture.encode({ provenance }));
}

const references = ({ scene }: Provenance) =>
  scene.instances.map(({ reference }) => reference);

async function withFolder(
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("portable provenance has paths below the scene's file, and base names", async () => {
  const made = madeFrom(
    instance("/data/scenes/cat.png", {
      negative: "/data/other/dog.png",
      region: "/data/scenes/masks/region.png",
      cutout: "/home/ann/secret/mask.png",
    }),
    instance("file:///data/scenes/a%20b.png"),
    instance("../../../home/ann/pear.png"),
    instance("https://ann:key@a.example/pear.png?token=1#x"),
    instance("C:\\Users\\Ann\\pear.png"),
  );
  const { scene, ...rest } = await held(made, { home: "/data/scenes" });
  const [first, ...others] = scene.instances;
  assertEquals(first!.reference, "cat.png");
  assertEquals(first!.negative, "dog.png");
  assertEquals(first!.region, "masks/region.png");
  assertEquals(first!.cutout, "mask.png");
  assertEquals(others.map(({ reference }) => reference), [
    "a b.png",
    "pear.png",
    "https://a.example/pear.png",
    "pear.png",
  ]);
  assertEquals(rest.references, made.references);
});

Deno.test("paths that were written relative stay as they were written", async () => {
  const made = madeFrom(
    instance("pictures/cat.png"),
    instance("./a/../dog.png"),
    instance("../cat.png"),
    instance(join(Deno.cwd(), "assets", "bird.png")),
  );
  const made2 = madeFrom(instance("/package/assets/cat.png"));
  assertEquals(references(await held(made, undefined)), [
    "pictures/cat.png",
    "dog.png",
    "cat.png",
    "assets/bird.png",
  ]);
  assertEquals(references(await held(made2, { folder: "/package" })), [
    "assets/cat.png",
  ]);
});

Deno.test("whatever paths a scene has, portable provenance neither is absolute nor climbs", async () => {
  const part = fc.constantFrom("..", ".", "home", "ann", "a.png", "", "~");
  const path = fc.tuple(
    fc.constantFrom("", "/", "../../", "file:///", "/home/", "\\\\server\\"),
    fc.array(part, { minLength: 1, maxLength: 6 }),
  ).map(([start, parts]) => `${start}${parts.join("/")}x.png`);
  const folder = fc.option(
    fc.constantFrom("/home/ann", "/", "scenes", "../other", "/a/b/c"),
    { nil: undefined },
  );
  await fc.assert(
    fc.asyncProperty(path, folder, folder, async (path, home, folder) => {
      const made = madeFrom(instance(path, { cutout: path }));
      const { scene: { instances: [one] } } = await held(made, {
        home,
        folder,
      });
      for (const text of [one!.reference, one!.cutout]) {
        assert(!/^(\/|[a-z]+:|[a-z]:|\\)|(^|[\\/])\.\.([\\/]|$)/i.test(text));
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("models are named by hub id or by the end of their path, their files within them", async () => {
  const name = async (name: string, localModel: boolean) => {
    const made = { ...madeFrom(), model: { name, files: {} } };
    return (await held(made, { localModel })).model.name;
  };
  assertEquals(await name("org/repo@main", false), "org/repo@main");
  assertEquals(await name("/home/ann/models/mine/", true), "mine");
  assertEquals(
    await name("/home/ann/.cache/hub/models--org--re-po/snapshots/abc", true),
    "org/re-po@abc",
  );
  const files = {
    "unet/a.safetensors": hash("1"),
    "../../ann/adapter.safetensors": hash("2"),
    "/home/ann/adapter.safetensors": hash("3"),
  };
  const made = { ...madeFrom(), model: { name: "pocket", files } };
  assertEquals((await held(made, {})).model.files, {
    "unet/a.safetensors": hash("1"),
    "adapter.safetensors": hash("2"),
    "adapter.safetensors (2)": hash("3"),
  });
});

Deno.test("references given as bytes are hashed, and embedded only in full provenance", async () => {
  const bytes = await encodeImage(blankRaster(2, 2, [9, 9, 9, 255]));
  const [given] = scene().place(bytes, box.fraction(0, 0, 1, 1)).instances;
  const made = madeFrom(given!);
  const [portable] = references(await held(made, {}));
  const digest = new Uint8Array(
    await crypto.subtle.digest("SHA-256", bytes as BufferSource),
  );
  assertEquals(portable, `sha256:${digest.toHex()}`);
  assertEquals(references(await held(made, {}, "full")), [given!.reference]);
});

Deno.test("full provenance has absolute paths, and none has nothing", async () => {
  const made = madeFrom(instance("a/cat.png"), instance("/b/dog.png"));
  assertEquals(references(await held(made, { folder: "/f" }, "full")), [
    "/f/a/cat.png",
    "/b/dog.png",
  ]);
  await assertRejects(
    () => held(made, {}, "none"),
    LocRefError,
    "does not say how it was made",
  );
  const picture = new Picture(blankRaster(2, 2), made);
  await assertRejects(
    () => picture.encode({ provenance: "all" as never }),
    RangeError,
    '"full", "portable" or "none"',
  );
});

Deno.test("provenance that is not whole is refused by the member that is wrong", () => {
  const whole = madeFrom(instance("cat.png"));
  const without = (key: string) => {
    const { [key as keyof Provenance]: _, ...rest } = whole;
    return rest;
  };
  const cases: [unknown, string][] = [
    [null, "must be an object, got null"],
    [[], "must be an object, got []"],
    ["text", 'must be an object, got "text"'],
    [{}, "has no version, and this package reads version 1"],
    [{ ...whole, version: 99 }, "has version 99, and this package reads"],
    [{ ...whole, version: "1" }, 'has version "1", and this package reads'],
    [without("seed"), 'lacks "seed"'],
    [without("scene"), 'lacks "scene"'],
    [without("model"), 'lacks "model"'],
    [without("references"), 'lacks "references"'],
    [{ ...whole, seed: -1 }, 'has a wrong "seed": it must be'],
    [
      { ...whole, steps: "9" },
      'has a wrong "steps": it must be number, got "9"',
    ],
    [
      { ...whole, references: ["x"] },
      'has a wrong "references.0": it must be a SHA',
    ],
    [{ ...whole, references: [] }, "has 0 references for 1 instance"],
    [{ ...whole, scene: { instances: 3 } }, "holds no scene (Scene: instances"],
    [{ ...whole, scene: { instances: [{}] } }, "holds no scene (Scene: "],
  ];
  const refused = (text: string) => {
    const error = assertThrows(
      () => parseProvenance(text, 'Picture "a.png"'),
      LocRefError,
    );
    assertEquals(error.code, "image-invalid");
    const start = 'Picture "a.png": its provenance ';
    assert(error.message.startsWith(start), error.message);
    assert(error.message.length < 400, error.message);
    return error.message.slice(start.length);
  };
  for (const [json, message] of cases) {
    assertEquals(
      refused(JSON.stringify(json)).slice(0, message.length),
      message,
    );
  }
  assertEquals(refused(" "), "is empty");
  assertEquals(refused("{version").slice(0, 13), "is not JSON (");
  assertEquals(refused("[".repeat(1e6)), "has too many members");
  assertEquals(
    refused(`[${"[],".repeat(1e6)}[]]`),
    "has too many members",
  );
});

Deno.test("whatever JSON a picture holds, it is a provenance or refused in one sentence", () => {
  const whole = madeFrom(instance("cat.png"));
  const key = fc.constantFrom(...Object.keys(whole));
  fc.assert(
    fc.property(key, fc.jsonValue(), (key, value) => {
      const text = JSON.stringify({ ...whole, [key]: value });
      try {
        parseProvenance(text, "Picture");
      } catch (error) {
        assert(error instanceof LocRefError, String(error));
        assertEquals(error.code, "image-invalid");
      }
    }),
    { numRuns: 500 },
  );
});

/** A picture as it is saved with `made`, made of the references in `folder`. */
async function savePicture(
  path: string,
  made: Provenance,
  full = false,
): Promise<void> {
  const hashes = await Promise.all(
    made.scene.instances.map(async ({ reference }) => {
      const bytes = await Deno.readFile(reference);
      return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
        .toHex();
    }),
  );
  const picture = new Picture(blankRaster(2, 2), {
    ...made,
    references: hashes,
  });
  await picture.save(path, { provenance: full ? "full" : "portable" });
}

async function reference(path: string, grey = 100): Promise<void> {
  await Deno.writeFile(
    path,
    await encodeImage(blankRaster(4, 4, [grey, 0, 0, 255])),
  );
}

Deno.test("references of a saved picture are found beside it, and changed or missing ones named", async () => {
  await withFolder(async (folder) => {
    const cat = join(folder, "cat.png"), png = join(folder, "out.png");
    await reference(cat);
    await savePicture(png, madeFrom(instance(cat)));
    const found = await scene.fromImage(png);
    assertEquals(found.instances[0]!.reference, cat);
    assertEquals(found.warnings, []);

    await reference(cat, 101);
    const changed = await scene.fromImage(png);
    assertEquals(changed.warnings, [
      `Instance 1 ("cat.png"): reference has changed since the picture was made: its SHA-256 is another`,
    ]);
    const { warnings } = await changed.preview();
    assertEquals(warnings.filter((one) => /SHA-256/.test(one)).length, 1);

    await Deno.remove(cat);
    const gone = await scene.fromImage(png);
    assertEquals(gone.warnings, [
      `Instance 1 ("cat.png"): reference is missing: it lies neither beside the picture nor where it was`,
    ]);
    await reference(join(folder, "dog.png"));
    const mended = gone.change(0, { reference: join(folder, "dog.png") });
    assertEquals(mended.warnings, []);
    await mended.preview();
  });
});

Deno.test("a cutout that has changed is named as well", async () => {
  await withFolder(async (folder) => {
    const cat = join(folder, "cat.png"), png = join(folder, "out.png");
    await reference(cat);
    const made = {
      ...madeFrom(instance(cat, { cutout: "cat.png" })),
      otherFiles: [{ cutout: hash("5") }],
    };
    await savePicture(png, made);
    assertEquals((await scene.fromImage(png)).warnings, [
      'Instance 1 ("cat.png"): cutout "cat.png" has changed since the picture was made: its SHA-256 is another',
    ]);
  });
});

Deno.test("a saved picture reads nothing outside of its folder unless root allows it", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "in"));
    const secret = join(folder, "secret.png");
    const png = join(folder, "in", "out.png");
    await reference(secret);
    await savePicture(png, madeFrom(instance(secret)), true);
    const closed = await scene.fromImage(png);
    assertEquals(closed.warnings.length, 1);
    await assertRejects(
      () => closed.preview(),
      LocRefError,
      'reference lies outside "',
    );
    for (const root of [folder, [folder], "/", false] as const) {
      const open = await scene.fromImage(png, { root });
      assertEquals(open.warnings, []);
      await open.preview();
    }
    await assertRejects(
      async () =>
        await (await scene.fromImage(await Deno.readFile(png))).preview(),
      LocRefError,
      "is a file, and none may be read here",
    );
  });
});

Deno.test("a file elsewhere below the current folder is read if its bytes are the picture's", async () => {
  await withFolder(async (folder) => {
    const png = join(folder, "out.png");
    const star = "examples/assets/star.png";
    await savePicture(png, madeFrom(instance(star)));
    const found = await scene.fromImage(png);
    assertEquals([found.warnings, found.instances[0]!.reference], [[], star]);
    await found.preview();

    const picture = new Picture(blankRaster(2, 2), madeFrom(instance(star)));
    await picture.save(png);
    const other = await scene.fromImage(png);
    assertEquals(other.warnings, [
      `Instance 1 ("${star}"): reference has changed since the picture was made: its SHA-256 is another`,
    ]);
    await assertRejects(() => other.preview(), LocRefError, "lies outside");
  });
});

Deno.test("references embedded in full provenance are read again", async () => {
  const bytes = await encodeImage(blankRaster(4, 4, [9, 9, 9, 255]));
  const [given] = scene().place(bytes, box.fraction(0, 0, 1, 1)).instances;
  const digest = await crypto.subtle.digest("SHA-256", bytes as BufferSource);
  const made = {
    ...madeFrom(given!),
    references: [new Uint8Array(digest).toHex()],
  };
  const picture = new Picture(blankRaster(2, 2), made);
  const full = await picture.encode({ provenance: "full" });
  await (await scene.fromImage(full)).preview();
  const portable = await scene.fromImage(await picture.encode());
  assertEquals(portable.warnings.length, 1);
  await assertRejects(
    () => portable.preview(),
    LocRefError,
    "was given as bytes",
  );
  const forged = new Picture(blankRaster(2, 2), madeFrom(given!));
  const unknown = await scene.fromImage(
    await forged.encode({ provenance: "full" }),
  );
  await assertRejects(
    () => unknown.preview(),
    LocRefError,
    "data: URLs are not",
  );
});

Deno.test("a picture without provenance, and one with unknown settings, is refused by its name", async () => {
  await withFolder(async (folder) => {
    const png = join(folder, "plain.png");
    await reference(png);
    const refused = async (source: string, message: string) => {
      const error = await assertRejects(
        () => scene.fromImage(source),
        LocRefError,
      );
      assert(error.message.startsWith(`Picture "${source}"`), error.message);
      assert(error.message.includes(message), error.message);
    };
    await refused(png, "does not say how it was made");
    const made = { ...madeFrom(), sampler: "magic" as never };
    await new Picture(blankRaster(2, 2), made).save(png);
    await refused(
      png,
      'settings that are not known: Sampler "magic" is not known',
    );
    await Deno.writeFile(png, (await Deno.readFile(png)).subarray(0, 60));
    await refused(png, "PNG file is cut off");
    const jpeg = join(folder, "a.jpg");
    const sharp = await loadSharp();
    await sharp(new Uint8Array(3), {
      raw: { width: 1, height: 1, channels: 3 },
    })
      .toFile(jpeg);
    await refused(jpeg, "does not say how it was made");
    await refused(folder, "is not a regular file but a folder");
  });
});

Deno.test("a replay on a model with other files is named with the files", () => {
  const before = {
    name: "a",
    files: { "unet.bin": hash("1"), "b.bin": hash("2") },
  };
  const moved = {
    name: "b",
    files: { "x.bin": hash("1"), "b.bin": hash("2") },
  };
  assertEquals(modelWarning(before, moved), undefined);
  assertEquals(modelWarning(undefined, moved), undefined);
  const other = {
    name: "a",
    files: { "unet.bin": hash("3"), "b.bin": hash("2") },
  };
  assertEquals(
    modelWarning(before, other),
    'The picture was made with model "a", and files of "a" are others, so it comes out otherwise: unet.bin',
  );
  assertEquals(
    modelWarning(before, { ...other, name: "pocket" }),
    'The picture was made with model "a", and files of "pocket" are others, so it comes out otherwise (load the first for the same picture): unet.bin',
  );
});

Deno.test("a replay on another backend is named with both", () => {
  assertEquals(backendWarning("onnx", "onnx"), undefined);
  assertEquals(backendWarning(undefined, "onnx"), undefined);
  assertEquals(
    backendWarning("onnx-webgpu (float16)", "onnx"),
    'The picture was made on backend "onnx-webgpu (float16)" and is made again on "onnx", whose last digits differ, so it may come out a little otherwise',
  );
});

Deno.test("a picture made again on another backend says so", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const run = { model, steps: 1 };
  const picture = await scene().caption("a star").generate(run);
  const old = new Picture(blankRaster(2, 2), {
    ...picture.provenance,
    backend: "tensorflow",
  });
  const replayed = await scene.fromImage(await old.encode());
  const { warnings } = await replayed.scene.generate(run);
  assertEquals(warnings, [backendWarning("tensorflow", "onnx")!]);
});

Deno.test("a picture made again on changed weights says so", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const run = { model, steps: 1 };
  const picture = await scene().caption("a star").generate(run);
  const saved = await scene.fromImage(await picture.encode());
  assertEquals((await saved.scene.generate(run)).warnings, []);
  const { name, files } = picture.provenance.model;
  const changed = { ...files, "unet/model.safetensors": hash("0") };
  const old = new Picture(blankRaster(2, 2), {
    ...picture.provenance,
    model: { name, files: changed },
  });
  const replayed = await scene.fromImage(await old.encode());
  const { warnings } = await replayed.scene.generate(run);
  assertEquals(warnings.length, 1);
  assert(warnings[0]!.endsWith("otherwise: unet/model.safetensors"));
});

Deno.test("metadata of references does not reach a saved picture", async () => {
  const sharp = await loadSharp();
  const tagged = await sharp({
    create: { width: 8, height: 8, channels: 3, background: "#345" },
  }).withExif({ IFD0: { Copyright: "ANN-SECRET" } }).jpeg().toBuffer();
  assert(tagged.includes("ANN-SECRET"));
  const sheet = await (await scene().place(
    new Uint8Array(tagged),
    box.fraction(0, 0, 1, 1),
  ).preview()).encode();
  assert(!new TextDecoder("latin1").decode(sheet).includes("ANN-SECRET"));
  assertEquals((await sharp(sheet).metadata()).exif, undefined);
});
