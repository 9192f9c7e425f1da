import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { LocRefError } from "../../../lib/core/error.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { layout } from "../../../lib/scene/layout.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";

const edge = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
).filter(([a, b]) => a < b);
const text = fc.string({ maxLength: 12 });
const instance = fc.record({
  reference: fc.string({ minLength: 1, maxLength: 12 }),
  x: edge,
  y: edge,
  options: fc.record({
    caption: text,
    scale: fc.double({ min: 0, max: 3, noNaN: true }),
    start: fc.double({ min: 0, max: 0.4, noNaN: true }),
    end: fc.double({ min: 0.5, max: 1, noNaN: true }),
    seed: fc.maxSafeNat(),
    z: fc.integer({ min: -5, max: 5 }),
    negative: text,
    region: text,
  }, { requiredKeys: [] }),
});

function message(action: () => unknown): string {
  return assertThrows(action, LocRefError).message;
}

Deno.test("a scene survives JSON exactly", () => {
  fc.assert(fc.property(
    fc.array(instance, { maxLength: 4 }),
    text,
    text,
    fc.option(
      fc.constantFrom("average", "sum", "top") as fc.Arbitrary<
        "average" | "sum" | "top"
      >,
    ),
    fc.option(
      fc.tuple(
        fc.integer({ min: 1, max: 4096 }),
        fc.integer({ min: 1, max: 4096 }),
      ),
    ),
    (instances, caption, negative, overlap, size) => {
      let built = scene(...(size ?? [])).caption(caption).negative(negative);
      if (overlap !== null) built = built.overlap(overlap);
      for (const { reference, x, y, options } of instances) {
        built = built.place(
          reference,
          box.fraction(x[0], y[0], x[1], y[1]),
          options,
        );
      }
      const json = built.toJSON();
      assertEquals(scene.from(json).toJSON(), json);
      assertEquals(scene.from(JSON.stringify(built)).toJSON(), json);
    },
  ));
});

Deno.test("every unit of a box means the same place", () => {
  fc.assert(fc.property(edge, edge, ([x0, x1], [y0, y1]) => {
    const [w, h] = [640, 480];
    const begin = scene(w, h);
    const boxes = [
      box.fraction(x0, y0, x1, y1),
      box.percent(x0 * 100, y0 * 100, x1 * 100, y1 * 100),
      box.xyxy(x0 * w, y0 * h, x1 * w, y1 * h),
      box.xywh(x0 * w, y0 * h, (x1 - x0) * w, (y1 - y0) * h),
      box.centre(
        (x0 + x1) / 2 * w,
        (y0 + y1) / 2 * h,
        (x1 - x0) * w,
        (y1 - y0) * h,
      ),
    ];
    fc.pre(x1 - x0 > 1e-9 && y1 - y0 > 1e-9);
    for (const one of boxes) {
      const placed = begin.place("a.png", one).instances[0]!.box;
      assertAlmostEquals(placed.x0, x0, 1e-9);
      assertAlmostEquals(placed.y0, y0, 1e-9);
      assertAlmostEquals(placed.x1, x1, 1e-9);
      assertAlmostEquals(placed.y1, y1, 1e-9);
    }
  }));
});

Deno.test("a scene never changes, so it can be forked", () => {
  const one = scene(100, 100).caption("one").place(
    "a.png",
    box.xyxy(0, 0, 50, 50),
  );
  const two = one.caption("two").place("b.png", box.xyxy(50, 50, 100, 100));
  const three = two.change(0, { scale: 0.5, box: box.xyxy(0, 0, 10, 10) })
    .remove(1);
  assertEquals(one.toJSON().caption, "one");
  assertEquals(one.instances.length, 1);
  assertEquals(two.instances[0]!.scale, 1);
  assertEquals(three.instances.map(({ scale, box: { x1 } }) => [scale, x1]), [[
    0.5,
    0.1,
  ]]);
  assertThrows(
    () => one.change(3, {}),
    RangeError,
    "There is no instance 3: the scene has 1",
  );
});

Deno.test("a box outside the canvas is named with instance, values and amount", () => {
  const first = scene(512, 512).place("apple.png", box.xyxy(40, 260, 220, 440));
  assertEquals(
    message(() => first.place("cat.jpg", box.fraction(0.5, 0.2, 1.3, 0.9))),
    'Instance 2 ("cat.jpg"): box [0.5, 0.2, 1.3, 0.9] leaves the canvas by 30 %',
  );
  assertEquals(
    message(() => first.place("cat.jpg", box.xyxy(-256, 0, 100, 100))),
    'Instance 2 ("cat.jpg"): box [-256, 0, 100, 100] px leaves the canvas by 50 %',
  );
});

Deno.test("an empty, infinite or unitless box is refused", () => {
  const begin = scene();
  assertStringIncludes(
    message(() => begin.place("a", box.fraction(0.5, 0, 0.5, 1))),
    "is empty",
  );
  assertStringIncludes(
    message(() => begin.place("a", box.fraction(0, 0.9, 1, 0.2))),
    "its bottom",
  );
  assertStringIncludes(
    message(() => begin.place("a", box.fraction(0, 0, NaN, 1))),
    "box [0, 0, NaN, 1] must hold four finite numbers",
  );
  assertStringIncludes(
    message(() => begin.place("a", box.xyxy(0, 0, 9, 9))),
    "needs a scene with a size",
  );
});

Deno.test("rounding does not push a box off the canvas", () => {
  const placed = scene(3, 3).place("a", box.xywh(0.1 + 0.2, 0, 3 - 0.3, 3));
  assertEquals(placed.instances[0]!.box.x1, 1);
});

Deno.test("an option out of range is named with instance and value", () => {
  const place =
    (options: Parameters<ReturnType<typeof scene>["place"]>[2]) => () =>
      scene().place("a.png", box.fraction(0, 0, 1, 1), options);
  const start = 'Instance 1 ("a.png"): ';
  assertEquals(
    message(place({ scale: -1 })),
    `${start}scale must be from 0 to 1000, got -1`,
  );
  assertEquals(
    message(place({ scale: NaN })),
    `${start}scale must be from 0 to 1000, got NaN`,
  );
  assertEquals(
    message(place({ start: 0.8, end: 0.2 })),
    `${start}start must be before end, got 0.8 and 0.2`,
  );
  assertStringIncludes(
    message(place({ end: 2 })),
    "end must be from 0 to 1, got 2",
  );
  assertStringIncludes(
    message(place({ seed: 1.5 })),
    "seed must be a whole number of 0 or more, got 1.5",
  );
  assertStringIncludes(message(place({ z: Infinity })), "z must be a number");
});

Deno.test("a scene's size is a pair of whole numbers", () => {
  assertEquals(
    message(() => scene(0.5, 10)),
    "Scene: width must be a whole number from 1 to 16384, got 0.5",
  );
  assertEquals(scene(64).size, { width: 64, height: 64 });
  assertEquals(scene().size, undefined);
});

Deno.test("JSON that is no scene is refused with the key and the place", () => {
  const good = { reference: "a.png", box: { fraction: [0, 0, 1, 1] } };
  const from = (json: unknown) => message(() => scene.from(json));
  assertEquals(
    from({ captoin: "x" }),
    'Scene: unknown key "captoin" in the scene, did you mean "caption"?',
  );
  assertEquals(
    from({ instances: [good, { ...good, bx: 1 }] }),
    'Scene: unknown key "bx" in instances[1], did you mean "box"?',
  );
  assertEquals(
    from({ instances: [{ box: good.box }] }),
    'Scene: instances[0] lacks "reference"',
  );
  assertEquals(from({ caption: 3 }), "Scene: caption must be a string, got 3");
  assertEquals(from({ version: 2 }), "Scene: version must be 1, got 2");
  assertEquals(
    from({ overlap: "mean" }),
    'Scene: overlap must be "average", "sum" or "top", got "mean"',
  );
  assertStringIncludes(
    from({ instances: [{ ...good, box: { xyxz: [0, 0, 1, 1] } }] }),
    "Scene: instances[0].box must be",
  );
  assertStringIncludes(
    from({ instances: [{ ...good, scale: -2 }] }),
    'Instance 1 ("a.png"): scale',
  );
  assertStringIncludes(from([]), "the scene must be an object");
  assertStringIncludes(from("{"), "Scene: not JSON");
  assertStringIncludes(
    from({ instances: [{ ...good, box: { percent: [0, 0, 130, 50] } }] }),
    "leaves the canvas by 30 %",
  );
});

Deno.test("JSON by hand may name any unit and leave out what has a default", () => {
  const { instances, overlap } = scene.from({
    size: { width: 200, height: 100 },
    instances: [
      { reference: "a.png", box: { xywh: [20, 10, 20, 10] } },
      {
        reference: "b.png",
        box: { percent: [50, 0, 100, 100] },
        cutout: "masks/b.png",
      },
    ],
  }, { folder: "/scenes" }).toJSON();
  assertEquals(overlap, undefined);
  assertEquals(instances[0], {
    reference: "/scenes/a.png",
    box: { x0: 0.1, y0: 0.1, x1: 0.2, y1: 0.2 },
    scale: 1,
    start: 0,
    end: 1,
    z: 0,
    cutout: "alpha",
  });
  assertEquals(instances[1]!.cutout, "/scenes/masks/b.png");
});

Deno.test("bytes become a data URL, URLs stay what they are", () => {
  const whole = box.fraction(0, 0, 1, 1);
  const placed = scene().place(Uint8Array.of(1, 2), whole).place(
    new URL("file:///a.png"),
    whole,
  );
  assertEquals(placed.instances.map(({ reference }) => reference), [
    "data:application/octet-stream;base64,AQI=",
    "file:///a.png",
  ]);
});

Deno.test("layout helpers give boxes inside the canvas that do not overlap", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(), (count, seed) => {
      const all = [
        layout.row(count, { gap: 0.01 }),
        layout.stack(count, { gap: 0.01 }),
        layout.grid(count),
        layout.scatter(count, { seed }),
      ];
      for (const boxes of all) {
        assertEquals(boxes.length, count);
        boxes.reduce((built, one) => built.place("a", one), scene());
        for (const [i, a] of boxes.entries()) {
          for (const b of boxes.slice(0, i)) {
            assert(
              a.xyxy[0] >= b.xyxy[2] || b.xyxy[0] >= a.xyxy[2] ||
                a.xyxy[1] >= b.xyxy[3] || b.xyxy[1] >= a.xyxy[3],
            );
          }
        }
      }
      assertEquals(layout.scatter(count, { seed }), all[3]);
    }),
  );
});

Deno.test("a layout without room says so", () => {
  assertThrows(() => layout.row(40), RangeError, "leaves no room");
  assertThrows(() => layout.grid(0), RangeError, "at least 1, got 0");
});

Deno.test("whatever JSON comes in, the answer is a scene or one sentence", () => {
  const place = { reference: "a.png", box: { percent: [0, 0, 50, 50] } };
  const good = {
    caption: "a",
    size: { width: 8, height: 8 },
    instances: [place],
  };
  const damaged = fc.record({
    key: fc.constantFrom(...Object.keys(good), "__proto__", "x"),
    value: fc.jsonValue(),
    inside: fc.boolean(),
    inner: fc.constantFrom("reference", "box", "scale", "seed", "constructor"),
  }).map(({ key, value, inside, inner }) =>
    inside
      ? { ...good, instances: [{ ...place, [inner]: value }] }
      : JSON.parse(`{${JSON.stringify(key)}: ${JSON.stringify(value)}}`)
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), damaged), (json) => {
      try {
        const data = scene.from(json).toJSON();
        assertEquals(scene.from(data).toJSON(), data);
      } catch (error) {
        assert(error instanceof LocRefError, String(error));
        assert(!error.message.includes("\n") && error.message.length < 400);
      }
    }),
    { numRuns: 2000 },
  );
});
