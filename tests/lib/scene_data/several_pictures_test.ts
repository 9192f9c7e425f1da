import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { toDataUrl } from "../../../lib/images/encode.ts";
import { blankRaster } from "../../../lib/images/raster.ts";
import { LocRef } from "../../../lib/model/locref.ts";
import { box } from "../../../lib/scene_data/box.ts";
import type { Combine } from "../../../lib/scene_data/several_pictures.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { smallBase, smallLocref } from "../adapters/small_base.ts";
import { withTempDir } from "../../train/temp_dir.ts";

const whole = box.percent(10, 10, 90, 90);
const golden = (name: string) =>
  fromFileUrl(new URL(`../../goldens/${name}`, import.meta.url));
const tiny = {
  adapter: smallLocref,
  imageEncoder: golden("clip-vision-gelu"),
  backend: "onnx",
} as const;
const [red, green, blue] = await Promise.all(
  ([[220, 30, 30, 255], [30, 200, 40, 255], [20, 40, 220, 255]] as const).map(
    (colour) => toDataUrl(blankRaster(24, 24, [...colour])),
  ),
) as [string, string, string];
const run = { steps: 2, seed: 3, guidance: 4 };

/** The message of a refused scene. */
function refusal(json: unknown): string {
  return assertThrows(() => scene.from(json), LocRefError).message;
}

Deno.test("several pictures stand in the scene's data, and survive JSON exactly", () => {
  const made = scene().place(["a.png", "b.png"], whole)
    .place(["c.png", "d.png"], whole, { combine: "sum" })
    .place(["e.png"], whole, { combine: "average" }).toJSON();
  const [one, two, three] = made.instances;
  assertEquals([one!.reference, one!.others, one!.combine], [
    ...["a.png", ["b.png"], "concat"],
  ]);
  assertEquals(two!.combine, "sum");
  assertEquals([three!.others, three!.combine], [undefined, undefined]);
  assertEquals(scene.from(JSON.stringify(made)).toJSON(), made);
});

Deno.test("a scene's JSON may list the pictures as its reference", () => {
  const box = { percent: [0, 0, 50, 50] };
  const made = scene.from({
    instances: [{ reference: ["a.png", "b.png"], combine: "average", box }],
  });
  const [only] = made.instances;
  assertEquals(only!.reference, "a.png");
  assertEquals([only!.others, only!.combine], [["b.png"], "average"]);
});

Deno.test("wrong lists of pictures are refused by what is wrong with them", () => {
  const box = { percent: [0, 0, 50, 50] };
  const of = (more: object) => refusal({ instances: [{ box, ...more }] });
  const two = ["a.png", "b.png"];
  assertStringIncludes(of({ reference: [] }), "got an empty list");
  assertStringIncludes(
    of({ reference: two, combine: "mean" }),
    'instances[0].combine must be "concat", "average" or "sum", got "mean"',
  );
  assertStringIncludes(
    of({ reference: two, combin: "sum" }),
    'did you mean "combine"?',
  );
  assertStringIncludes(of({ references: two }), 'it is called "reference"');
  assertStringIncludes(of({ reference: [1] }), "must be a path or URL");
  assertStringIncludes(
    of({ reference: "a.png", combine: "sum" }),
    'Instance 1 ("a.png"): combine says how several pictures join',
  );
  assertStringIncludes(of({ reference: ["a.png", ""] }), "got an empty one");
  assertStringIncludes(
    of({ reference: Array.from({ length: 7 }, () => "a.png") }),
    "at most 6 pictures, got 7",
  );
  assertStringIncludes(
    of({ reference: two, cutout: "mask.png" }),
    "cutout must be alpha, model or none",
  );
  assertStringIncludes(
    of({ reference: two, others: ["c.png"] }),
    "put all pictures into one",
  );
});

Deno.test("wrong lists in a program are refused by instance and picture", () => {
  assertThrows(() => scene().place([], whole), TypeError, "an empty list");
  assertThrows(
    () => scene().place(["a.png", 3 as never], whole),
    TypeError,
    "Instance 1: picture 2 must be",
  );
  assertThrows(
    () => scene().place([1, 2] as never, whole),
    TypeError,
    "Instance 1: reference must be",
  );
  assertThrows(
    () => scene().place("a.png", whole, { others: ["b.png"] } as never),
    TypeError,
    "place([one, other], box)",
  );
});

Deno.test("another reference takes the place of all pictures, a list keeps how they combine", () => {
  const made = scene().place(["a.png", "b.png"], whole, { combine: "sum" });
  const [one] = made.change(0, { reference: "c.png" }).instances;
  assertEquals([one!.reference, one!.others, one!.combine], [
    ...["c.png", undefined, undefined],
  ]);
  const [two] = made.change(0, { reference: ["d.png", "e.png"] }).instances;
  assertEquals([two!.others, two!.combine], [["e.png"], "sum"]);
  const [three] = made.change(0, { combine: "average" }).instances;
  assertEquals([three!.others, three!.combine], [["b.png"], "average"]);
});

Deno.test("a picture that is missing is named with its number and file", async () => {
  await assertRejects(
    () => scene().place([red, "folder/nope.png"], whole).preview(),
    LocRefError,
    'picture 2 ("folder/nope.png"): no such file',
  );
});

Deno.test("a preview shows every picture, and the first stands in the composite image", async () => {
  const made = scene(64, 64).place([red, green], whole);
  const preview = await made.preview({ model: "pocket" });
  assertEquals(preview.references.length, 1);
  assertEquals(preview.pictures.map((own) => own.length), [2]);
  const alone = await scene(64, 64).place(red, whole).preview({
    model: "pocket",
  });
  assertEquals(preview.composite, alone.composite);
});

Deno.test("pictures combine in three ways, and one picture twice is that picture", async () => {
  await using model = await LocRef.load(smallBase, tiny);
  const made = async (pictures: string[], combine: Combine) =>
    (await scene().place(pictures, whole, { combine, negative: blue })
      .generate({ ...run, model })).data;
  const alone = await made([red], "concat");
  const ways = new Set<string>();
  for (const combine of ["concat", "average", "sum"] as const) {
    const same = await made([red, red], combine);
    for (const [i, value] of same.entries()) {
      assert(Math.abs(value - alone[i]!) <= 1, `${combine} at ${i}`);
    }
    const mixed = await made([red, green], combine);
    assert(mixed.some((value, i) => value !== alone[i]));
    ways.add(mixed.join());
  }
  assertEquals(ways.size, 3);
});

Deno.test("instances of one, two and three pictures stand beside each other, and traces have one term each", async () => {
  await using model = await LocRef.load(smallBase, tiny);
  const made = scene().place(red, box.percent(0, 0, 40, 100))
    .place([green, blue], box.percent(40, 0, 70, 100), { combine: "sum" })
    .place([red, green, blue], box.percent(70, 0, 100, 100));
  const picture = await made.generate({ ...run, model, trace: true });
  assertEquals(picture.trace!.entries[0]!.instances.length, 3);
});

Deno.test("a saved picture of several pictures is made again to the pixel, and a changed one is named", async () => {
  await withTempDir(async (dir) => {
    await using model = await LocRef.load(smallBase, tiny);
    const paths = ["a.png", "b.png"].map((name) => join(dir, name));
    const write = async (path: string, data: string) =>
      await Deno.writeFile(
        path,
        new Uint8Array(await (await fetch(data)).arrayBuffer()),
      );
    await write(paths[0]!, red);
    await write(paths[1]!, green);
    const picture = await scene().place(paths, whole, { combine: "average" })
      .generate({ ...run, model });
    const saved = join(dir, "out.png");
    await picture.save(saved);
    const replay = await scene.fromImage(saved);
    assertEquals(replay.scene.warnings, []);
    const again = await replay.scene.generate({ ...replay.options, model });
    assertEquals(again.data, picture.data);
    await write(paths[1]!, blue);
    const changed = await scene.fromImage(saved);
    assertStringIncludes(changed.scene.warnings.join(), "picture 2");
  });
});

Deno.test("an adapter that reads one picture an instance refuses several", async () => {
  await using model = await LocRef.load(smallBase, {
    ...{ adapter: "layout-guidance", backend: "onnx" },
  });
  await assertRejects(
    () =>
      scene().caption("a ball").place([red, green], whole, {
        caption: "a ball",
      })
        .generate({ ...run, model }),
    LocRefError,
    "the instance has several pictures",
  );
});
