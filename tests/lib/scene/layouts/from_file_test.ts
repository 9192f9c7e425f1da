import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { layout } from "../../../../mod.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import type { PictureLayout } from "../../../../lib/scene/layouts/picture_layout.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function objects({ objects }: PictureLayout): [string, number[]][] {
  return objects.map(({ name, box }) => [
    name,
    box.xyxy.map((value) => Math.round(value * 1e6) / 1e6),
  ]);
}

const coco = {
  images: [
    { id: 7, file_name: "a.jpg", width: 200, height: 100 },
    { id: 8, file_name: "b.jpg", width: 50, height: 50 },
  ],
  annotations: [
    { image_id: 7, category_id: 3, bbox: [20, 10, 60, 40], iscrowd: 0 },
    { image_id: 7, category_id: 3, bbox: [0, 0, 200, 100], iscrowd: 1 },
    { image_id: 8, category_id: 1, bbox: [0, 0, 25, 50] },
    { image_id: 7, category_id: 1, bbox: [150, 50, 80, 60] },
  ],
  categories: [{ id: 1, name: "cat" }, { id: 3, name: "dog" }],
};

Deno.test("COCO gives the boxes and classes of one picture, crowds left out, cut at the edge", async () => {
  const file = bytes(JSON.stringify(coco));
  const found = await layout.fromCoco(file, { image: "a.jpg" });
  assertEquals(found.size, { width: 200, height: 100 });
  assertEquals(objects(found), [
    ["dog", [0.1, 0.1, 0.4, 0.5]],
    ["cat", [0.75, 0.5, 1, 1]],
  ]);
  const other = await layout.fromCoco(file, { image: 8 });
  assertEquals(objects(other), [["cat", [0, 0, 0.5, 1]]]);
});

Deno.test("COCO's file of several pictures wants one of them by name", async () => {
  const file = bytes(JSON.stringify(coco));
  await assertRejects(
    () => layout.fromCoco(file),
    LocRefError,
    'Layout holds 2 pictures: choose one with { image }, such as "a.jpg", "b.jpg"',
  );
  await assertRejects(
    () => layout.fromCoco(file, { image: "c.jpg" }),
    LocRefError,
    'Layout holds no picture "c.jpg"',
  );
});

Deno.test("YOLO gives centres and sizes, and boxes around outlines", async () => {
  const text = "1 0.5 0.5 0.2 0.4\n\n0 0.1 0.2 0.3 0.1 0.2 0.6\n";
  const found = await layout.fromYolo(bytes(text), { names: ["cat", "dog"] });
  assertEquals(objects(found), [
    ["dog", [0.4, 0.3, 0.6, 0.7]],
    ["cat", [0.1, 0.1, 0.3, 0.6]],
  ]);
});

Deno.test("what YOLO's labels say of a scene is read back as its boxes", async () => {
  const fraction = fc.integer({ min: 1, max: 48 }).map((value) => value / 100);
  const box = fc.tuple(fraction, fraction).map(([at, side]) => [
    at,
    at + side,
  ]);
  await fc.assert(
    fc.asyncProperty(box, box, async ([x0, x1], [y0, y1]) => {
      const [x, y] = [(x0! + x1!) / 2, (y0! + y1!) / 2];
      const text = `0 ${x} ${y} ${x1! - x0!} ${y1! - y0!}`;
      const found = await layout.fromYolo(bytes(text), { names: ["a"] });
      const round = (value: number) => Math.round(value * 1e6) / 1e6;
      assertEquals(objects(found)[0]![1], [x0!, y0!, x1!, y1!].map(round));
    }),
    { numRuns: 50 },
  );
});

Deno.test("a line of YOLO's that is wrong is named", async () => {
  const wrong: [string, string][] = [
    ["0 0.5 0.5 0.2", "line 1 must hold a class and four numbers"],
    [
      "0 0.5 0.5 0.1 0.1\n2 0.5 0.5 0.1 0.1",
      "line 2 has class 2, but option names has 1 name",
    ],
    ["0 a b c d", "line 1 must hold a class and four numbers"],
    ["0 2 2 0.1 0.1", "line 1 must be a box inside the picture"],
  ];
  for (const [text, message] of wrong) {
    await assertRejects(
      () => layout.fromYolo(bytes(text), { names: ["cat"] }),
      LocRefError,
      message,
    );
  }
});

Deno.test("Pascal VOC counts pixels from 1", async () => {
  const found = await layout.fromVoc(bytes(`<annotation>
    <size><width>100</width><height>50</height><depth>3</depth></size>
    <object><name>dog</name><part><name>head</name></part>
      <bndbox><xmin>11</xmin><ymin>1</ymin><xmax>60</xmax><ymax>50</ymax></bndbox>
    </object></annotation>`));
  assertEquals(found.size, { width: 100, height: 50 });
  assertEquals(objects(found), [["dog", [0.1, 0, 0.6, 1]]]);
});

Deno.test("SVG gives rectangles by name, moved and scaled as their groups are", async () => {
  const found = await layout.fromSvg(bytes(`<?xml version="1.0"?>
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 200"
      xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape">
    <defs><rect id="no" width="9" height="9"/></defs>
    <rect width="100" height="200"/>
    <rect id="dog" x="10%" y="20" width="30" height="40"/>
    <g transform="translate(50, 100) scale(2)">
      <rect id="rect1" inkscape:label="cat" width="10" height="20"/>
      <rect id="rect2" x="-5" width="5" height="5"><title>ball</title></rect>
    </g></svg>`));
  assertEquals(objects(found), [
    ["dog", [0.1, 0.1, 0.4, 0.3]],
    ["cat", [0.5, 0.5, 0.7, 0.7]],
    ["ball", [0.4, 0.5, 0.5, 0.55]],
  ]);
});

Deno.test("a turned rectangle is refused by its name", async () => {
  const svg = `<svg viewBox="0 0 9 9"><rect id="dog" width="3" height="3"
    transform="rotate(30)"/></svg>`;
  await assertRejects(
    () => layout.fromSvg(bytes(svg)),
    LocRefError,
    'Layout: rect "dog" has transform "rotate(30)", which is no box',
  );
});

Deno.test("a file of another format says what it is", async () => {
  const wrong: [() => Promise<unknown>, string][] = [
    [() => layout.fromCoco(bytes("{}")), "holds no annotations of COCO"],
    [() => layout.fromCoco(bytes("<a/>")), "Layout is not JSON"],
    [() => layout.fromVoc(bytes("{}")), "Layout is no XML"],
    [() => layout.fromVoc(bytes("<svg/>")), "no annotation of Pascal VOC"],
    [() => layout.fromSvg(bytes("<annotation/>")), "Layout holds no SVG"],
  ];
  for (const [run, message] of wrong) {
    await assertRejects(run, LocRefError, message);
  }
});
