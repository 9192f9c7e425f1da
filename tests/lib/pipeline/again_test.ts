import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { box, LocRef, scene } from "../../../mod.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import type { Picture } from "../../../lib/pipeline/picture.ts";
import { usualFeather } from "../../../lib/pipeline/start/read_start.ts";
import {
  growMask,
  paintBoxes,
} from "../../../lib/images/editing/paint_mask.ts";
import type { FractionBox } from "../../../lib/core/geometry.ts";

const model = await LocRef.load();
const pair = scene().caption("a star and a backpack")
  .place("examples/assets/star.png", box.percent(5, 10, 45, 50))
  .place("examples/assets/backpack.png", box.percent(55, 50, 95, 95));
const first = await pair.generate({ model, steps: 2, seed: 3 });

/** Pixels that differ, in and out of boxes that are grown by the feather. */
function changed(a: Picture, b: Picture, boxes: readonly FractionBox[]) {
  const mask = growMask(paintBoxes(boxes, a), usualFeather(a));
  const count = { inside: 0, outside: 0 };
  for (let i = 0; i < a.data.length; i++) {
    if (a.data[i] === b.data[i]) continue;
    count[mask.data[i >> 2] === 1 ? "inside" : "outside"]++;
  }
  return count;
}

const [star, backpack] = pair.instances.map(({ box }) => box);

Deno.test("an instance is painted anew, and every other pixel stays to the byte", async () => {
  const again = await first.again("star", { seed: 9 });
  const { inside, outside } = changed(first, again, [star!]);
  assertEquals(outside, 0);
  assert(inside > 100);
  const other = await first.again(0, { seed: 10 });
  assert(changed(again, other, [star!]).inside > 100);
  assertEquals((await first.again(0, { seed: 9 })).data, again.data);
});

Deno.test("a signal stops again and without", async () => {
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  for (
    const stopped of [
      () => first.again(0, { signal }),
      () => first.without(0, { signal }),
    ]
  ) assertEquals(await assertRejects(stopped), reason);
  const options = { signal: "stop" } as never;
  await assertRejects(() => first.again(0, options), TypeError, "signal");
});

Deno.test("an instance that touches the one painted anew keeps every pixel", async () => {
  const beside = box.percent(45, 10, 90, 50);
  const touching = await pair.change(1, { box: beside })
    .generate({ model, steps: 1, seed: 3 });
  const again = await touching.again(0, { seed: 9, feather: 4 });
  const other = paintBoxes([again.provenance.scene.instances[1]!.box], again);
  const moved = other.data.filter((inside, i) =>
    inside === 1 &&
    again.data.subarray(4 * i, 4 * i + 4)
      .some((value, c) => value !== touching.data[4 * i + c])
  );
  assertEquals(moved.length, 0);
});

Deno.test("an instance that moves frees its old place", async () => {
  const place = box.percent(50, 5, 90, 45);
  const moved = await first.again(1, { box: place, margin: 0 });
  const { x0, y0, x1, y1 } = moved.provenance.scene.instances[1]!.box;
  assertEquals([x0, y0, x1, y1], [0.5, 0.05, 0.9, 0.45]);
  const boxes = [backpack!, moved.provenance.scene.instances[1]!.box];
  assertEquals(moved.provenance.scene.init!.boxes, boxes);
  assertEquals(changed(first, moved, boxes).outside, 0);
  assert(changed(first, moved, [backpack!]).inside > 100);
});

Deno.test("the shadow around a place that is left is freed, and boxes beside it stay to the byte", async () => {
  const side = 128;
  const crowd = await scene(side, side).caption("a star, a backpack and a cup")
    .place("examples/assets/star.png", box.percent(40, 10, 70, 40))
    .place("examples/assets/backpack.png", box.percent(40, 45, 60, 90))
    .place("examples/assets/clover.png", box.percent(5, 10, 30, 35))
    .generate({ model, steps: 2, seed: 3 });
  const [star, below] = crowd.provenance.scene.instances.map(({ box }) => box);
  const corner = box.percent(75, 75, 95, 95);
  const around = (pixels: number) => {
    const { x0, y0, x1, y1 } = star!, by = pixels / side;
    return { x0: x0 - by, y0: y0 - by, x1: x1 + by, y1: y1 + by };
  };
  const runs: [Picture, number, readonly FractionBox[]][] = [
    [await crowd.without(0, { feather: 0 }), 6, []],
    [await crowd.without(0, { feather: 0, margin: 9 }), 9, []],
    [
      await crowd.again(0, { box: corner, feather: 0 }),
      ...[6, [{ x0: 0.75, y0: 0.75, x1: 0.95, y1: 0.95 }]] as const,
    ],
  ];
  for (const [picture, margin, more] of runs) {
    const allowed = paintBoxes([around(margin), ...more], crowd).data;
    const ring = paintBoxes([star!, ...more], crowd).data;
    const kept = paintBoxes([below!], crowd).data;
    const differs = (i: number) =>
      [0, 1, 2].some((c) => picture.data[4 * i + c] !== crowd.data[4 * i + c]);
    const pixels = [...allowed.keys()];
    assertEquals(pixels.filter((i) => !allowed[i] && differs(i)), []);
    assertEquals(
      pixels.filter((i) => kept[i] && !ring[i] && differs(i)),
      [],
    );
    assert(
      pixels.filter((i) => allowed[i] && !ring[i] && differs(i)).length > 50,
    );
  }
});

Deno.test("an instance that stays in its box frees nothing around it", async () => {
  const { provenance } = await first.again(0, { seed: 9 });
  assertEquals(provenance.scene.init!.freed, undefined);
  await assertRejects(
    () => first.again(0, { margin: 4 }),
    TypeError,
    "margin of again frees what lies around an old place: it goes with box",
  );
});

Deno.test("an instance is removed, and its caption and reference may change", async () => {
  const alone = await first.without("backpack", { margin: 0 });
  assertEquals(alone.provenance.scene.instances.length, 1);
  assertEquals(changed(first, alone, [backpack!]).outside, 0);
  const other = await first.again(1, {
    reference: "examples/assets/clover.png",
    caption: "a clover",
  });
  const { reference, caption } = other.provenance.scene.instances[1]!;
  assertEquals(
    [reference, caption],
    ["examples/assets/clover.png", "a clover"],
  );
});

Deno.test("a saved picture that was painted on another is made again exactly", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const twice = await (await first.again(0)).again(1, { seed: 8 });
    const path = join(dir, "twice.png");
    await twice.save(path);
    const { scene: saved, options } = await scene.fromImage(path);
    const same = await saved.generate({ ...options, model });
    assertEquals(same.data, twice.data);
    assertEquals(
      same.provenance.painted?.painted?.scene.instances.length,
      2,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("instances that are missing, and options of another kind, are named", async () => {
  const wrong: [() => Promise<unknown>, string][] = [
    [() => first.again(2), "There is no instance 2: the picture has 2"],
    [
      () => first.again("dog"),
      'There is no instance "dog": the picture has "star", "backpack"',
    ],
    [() => first.again([]), "Instances of again are none"],
    [
      () => first.again([0, 1], { caption: "a dog" }),
      "change one instance: name one",
    ],
    [
      () => first.again(0, { strength: 0 }),
      "must be a number above 0, up to 1",
    ],
    [
      () => first.again(0, { prompt: "a dog" } as never),
      '"caption"',
    ],
    [
      () => first.without(0, { sede: 1 } as never),
      'Option "sede" of without is not known, did you mean "seed"?',
    ],
    [
      () => first.without(0, { strength: 2 }),
      "must be a number above 0, up to 1",
    ],
  ];
  for (const [run, message] of wrong) await assertRejects(run, Error, message);
});

Deno.test("a picture of a model that was freed says so", async () => {
  const own = await LocRef.load();
  const picture = await pair.generate({ model: own, steps: 1 });
  await own.dispose();
  await assertRejects(
    () => picture.again(0),
    LocRefError,
    "was disposed of",
  );
});
