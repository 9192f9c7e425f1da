import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { layout, scene } from "../../../../mod.ts";
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

Deno.test("COCO's boxes without an area are left out, and layout and scene say which", async () => {
  const flat = [
    { image_id: 7, category_id: 3, bbox: [20, 10, 60, 0], id: 908 },
    { image_id: 7, category_id: 1, bbox: [20, 10, 0, 5] },
    { image_id: 8, category_id: 1, bbox: [1, 1, 0, 0], id: 909 },
  ];
  const annotations = [...coco.annotations, ...flat];
  const file = bytes(JSON.stringify({ ...coco, annotations }));
  const found = await layout.fromCoco(file, { image: "a.jpg" });
  assertEquals(objects(found).map(([name]) => name), ["dog", "cat"]);
  const left = [
    'Layout: annotation with id 908, a "dog", was left out: its box of 60 × 0 pixels holds nothing',
    'Layout: annotation 6, a "cat", was left out: its box of 0 × 5 pixels holds nothing',
  ];
  assertEquals(found.warnings, left);
  const made = found.scene(() => Uint8Array.of(1)).caption("pets");
  assertEquals(made.warnings, left);
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

Deno.test("YOLO's boxes and outlines without an area are left out with their line", async () => {
  const text =
    "1 0.5 0.5 0.2 0.4\n0 0.5 0.5 0 0.25\n0 0.1 0.5 0.2 0.5 0.35 0.5\n";
  const found = await layout.fromYolo(bytes(text), { names: ["cat", "dog"] });
  assertEquals(objects(found).map(([name]) => name), ["dog"]);
  assertEquals(found.warnings, [
    'Layout: line 2, a "cat", was left out: its box of 0 × 0.25 of the picture holds nothing',
    'Layout: line 3, a "cat", was left out: its box of 0.25 × 0 of the picture holds nothing',
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
    [
      "0 0.5 0.5 -0.005 0.1",
      "line 1 must be a box whose right and lower edges",
    ],
  ];
  for (const [text, message] of wrong) {
    await assertRejects(
      () => layout.fromYolo(bytes(text), { names: ["cat"] }),
      LocRefError,
      message,
    );
  }
});

Deno.test("numbers of YOLO's that are pixels are refused with their line, wherever their boxes lie", async () => {
  const fraction = fc.double({ min: 0.1, max: 0.9, noNaN: true });
  const pixel = fc.oneof(
    fc.double({ min: 1.02, max: 4000, noNaN: true }),
    fc.double({ min: -4000, max: -0.02, noNaN: true }),
  );
  const line = fc.tuple(fc.integer({ min: 0, max: 3 }), pixel).chain(
    ([at, wrong]) =>
      fc.tuple(fraction, fraction, fraction, fraction).map((numbers) => ({
        ...{ wrong, numbers: numbers.with(at, wrong) },
      })),
  );
  await fc.assert(
    fc.asyncProperty(line, async ({ wrong, numbers }) => {
      const text = `0 0.5 0.5 0.2 0.2\n0 ${numbers.join(" ")}\n`;
      await assertRejects(
        () => layout.fromYolo(bytes(text), { names: ["cat"] }),
        LocRefError,
        `line 2 must hold fractions of the picture from 0 to 1 behind the class, got ${wrong}`,
      );
    }),
    { numRuns: 50, seed: 25 },
  );
  await assertRejects(
    () => layout.fromYolo(bytes("0 0.1 0.1 9 0.1 5 5"), { names: ["cat"] }),
    LocRefError,
    "got 9: divide pixels by the picture's width or height",
  );
});

Deno.test("numbers of YOLO's that rounding puts beyond the picture are cut at its edge", async () => {
  const text = "0 0.9 0.5 0.2 1.000001\n0 -0.004 0.2 0.5 0.2 0.5 0.6\n";
  const found = await layout.fromYolo(bytes(text), { names: ["cat"] });
  assertEquals(objects(found).map(([, box]) => box), [
    [0.8, 0, 1, 1],
    [0, 0.2, 0.5, 0.6],
  ]);
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

/** The boxes of an SVG's named rectangles. */
async function drawn(inner: string, head = 'width="100" height="100"') {
  return objects(await layout.fromSvg(bytes(`<svg ${head}>${inner}</svg>`)));
}

const cat = '<rect id="cat" x="10" y="20" width="20" height="30"/>';

Deno.test("SVG's units, view boxes and inner pictures give the same places", async () => {
  const place: [string, number[]][] = [["cat", [0.1, 0.2, 0.3, 0.5]]];
  const millimetres = cat.replace(/(x|y|width|height)="(\d+)"/g, '$1="$2mm"');
  const inches = cat.replace(/"(\d+)"/g, (_, n) => `"${n / 96}in"`);
  const style = '<rect id="cat" style="x: 10px; y:20;width:20;height:30px"/>';
  const same: [string, string?][] = [
    [cat],
    [cat, 'viewBox="0 0 100 100" width="210mm" height="210mm"'],
    [millimetres, 'width="100mm" height="10cm"'],
    [inches],
    [style],
    [cat.replaceAll(/"(\d+)"/g, '"$1%"'), 'viewBox="0,0 50 200"'],
    [cat.replace('"10"', '"15"'), 'viewBox="5 0 100 100"'],
    [`<svg x="5" y="10">${
      cat.replace('"10"', '"5"').replace('"20"', '"10"')
    }</svg>`],
  ];
  for (const [inner, head] of same) {
    assertEquals(await drawn(inner, head), place, inner);
  }
});

Deno.test("SVG's quarter turns and mirrors leave boxes", async () => {
  const turned: [string, number[]][] = [
    ['transform="rotate(90 50 50)"', [0.5, 0.1, 0.8, 0.3]],
    ['transform="rotate(-180,50,50)"', [0.7, 0.5, 0.9, 0.8]],
    ['transform="matrix(0 1 -1 0 100 0)"', [0.5, 0.1, 0.8, 0.3]],
    ['transform="translate(100,0) scale(-1,1)"', [0.7, 0.2, 0.9, 0.5]],
    ['transform="rotate(30) rotate(-30)"', [0.1, 0.2, 0.3, 0.5]],
    ['style="transform:translate(10px, 5px)"', [0.2, 0.25, 0.4, 0.55]],
  ];
  for (const [attribute, box] of turned) {
    assertEquals(await drawn(`<g ${attribute}>${cat}</g>`), [["cat", box]]);
  }
});

Deno.test("boxes of Pascal VOC and rectangles of SVG without an area are left out with a warning", async () => {
  const object = (corners: string[]) =>
    `<object><name>cat</name><bndbox>${
      ["xmin", "ymin", "xmax", "ymax"].map((key, i) =>
        `<${key}>${corners[i]}</${key}>`
      ).join("")
    }</bndbox></object>`;
  const side = "<size><width>200</width><height>100</height></size>";
  const voc = await layout.fromVoc(bytes(
    `<annotation>${side}${object(["21", "11", "20", "40"])}${
      object(["21", "11", "80", "50"])
    }</annotation>`,
  ));
  assertEquals(objects(voc), [["cat", [0.1, 0.1, 0.4, 0.5]]]);
  assertEquals(voc.warnings, [
    'Layout: object 1, a "cat", was left out: its box of 0 × 30 pixels holds nothing',
  ]);
  const svg = await layout.fromSvg(bytes(
    '<svg viewBox="0 0 9 9"><rect id="a" width="0" height="5"/><rect id="b" width="5"/></svg>',
  ));
  assertEquals(svg.objects, []);
  assertEquals(svg.warnings, [
    'Layout: rectangle, a "a", was left out: its box of 0 × 5 units holds nothing',
    'Layout: rectangle, a "b", was left out: its box of 5 × 0 units holds nothing',
  ]);
});

Deno.test("rectangles that are hidden or turned without a name are left out", async () => {
  const others = [
    '<rect id="no" width="9" height="9" display="none"/>',
    '<g style="display:none"><rect id="no" width="9" height="9"/></g>',
    '<g visibility="hidden"><rect id="no" width="9" height="9"/></g>',
    '<g transform="rotate(10)"><rect width="9" height="9"/></g>',
  ];
  for (const other of others) {
    assertEquals((await drawn(other + cat)).length, 1, other);
  }
});

Deno.test("a rectangle is as visible as it says itself, or else its group", async () => {
  const group = (inner: string) => `<g visibility="hidden">${inner}</g>`;
  const rect = '<rect id="a" width="9" height="9" visibility="visible"/>';
  assertEquals((await drawn(group(rect) + cat)).length, 2);
  assertEquals((await drawn(group(`<g>${cat}</g>`) + rect)).length, 1);
  const sheet = "<style>.a{text-transform:none;stroke-width:2}</style>";
  assertEquals((await drawn(sheet + cat)).length, 1);
});

Deno.test("percentages inside of an inner picture are of its own sides", async () => {
  const rect = '<rect id="a" x="10%" width="50%" height="100%"/>';
  const inner = `<svg x="50%" width="100" height="50">${rect}</svg>`;
  const file = bytes(`<svg viewBox="0 0 200 100">${inner}</svg>`);
  const found = await layout.fromSvg(file);
  assertEquals(objects(found), [["a", [0.55, 0, 0.8, 0.5]]]);
});

Deno.test("boxes outside of the picture are left out with a warning, in every kind of file", async () => {
  const coco = {
    images: [{ id: 1, width: 100, height: 50 }],
    categories: [{ id: 1, name: "cat" }],
    annotations: [[100, 0, 10, 10], [-20, 0, 10, 10], [0, 0, 10, 10]]
      .map((bbox) => ({ image_id: 1, category_id: 1, bbox })),
  };
  const bounds = (x: number) =>
    `<object><name>cat</name><bndbox><xmin>${x}</xmin><ymin>1</ymin><xmax>${
      x + 9
    }</xmax><ymax>10</ymax></bndbox></object>`;
  const found = [
    await layout.fromCoco(bytes(JSON.stringify(coco))),
    await layout.fromYolo(bytes("0 1.008 0.5 0.01 0.2\n0 0.5 0.5 0.2 0.2"), {
      names: ["cat"],
    }),
    await layout.fromVoc(bytes(
      `<annotation><size><width>100</width><height>50</height></size>${
        bounds(101)
      }${bounds(1)}</annotation>`,
    )),
    await layout.fromSvg(bytes(
      `<svg viewBox="0 0 100 50"><rect id="far" x="-30" width="20" height="5"/><rect id="cat" width="5" height="5"/></svg>`,
    )),
  ];
  assertEquals(found.map(({ objects }) => objects.length), [1, 1, 1, 1]);
  assertEquals(found.map(({ warnings }) => warnings), [
    [
      'Layout: annotation 1, a "cat", was left out: its box [100, 0, 110, 10] lies outside of the picture',
      'Layout: annotation 2, a "cat", was left out: its box [-20, 0, -10, 10] lies outside of the picture',
    ],
    [
      'Layout: line 1, a "cat", was left out: its box [1.003, 0.4, 1.013, 0.6] lies outside of the picture',
    ],
    [
      'Layout: object 1, a "cat", was left out: its box [100, 0, 110, 10] lies outside of the picture',
    ],
    [
      'Layout: rectangle, a "far", was left out: its box [-30, 0, -10, 5] lies outside of the picture',
    ],
  ]);
});

Deno.test("a number too large to compute with is refused with its attribute, wherever it stands", async () => {
  const rect = (more: string) => `<rect id="cat" ${more}/>`;
  const sides = 'width="9" height="9"';
  const wrong: [string, string, string?][] = [
    ...["x", "y", "width", "height"].map((key): [string, string] => [
      rect(`${sides.replace(`${key}=`, "a=")} ${key}="1e400"`),
      `Layout: rect "cat": "${key}" is larger than any number that is computed with, got "1e400"`,
    ]),
    [rect(`${sides} style="x:1e308in"`), '"x" is larger than any number'],
    [
      `<svg width="1e400">${rect(sides)}</svg>`,
      'svg without a name: "width" is larger than any number',
    ],
    [rect(sides), '"width" is larger than any', 'width="1e400" height="9"'],
    [rect(sides), '"viewBox" must hold left', 'viewBox="0 0 1e400 9"'],
    [
      rect(`${sides} transform="scale(1e400)"`),
      'has transform "scale(1e400)", which is not known',
    ],
    [
      rect(`${sides} transform="scale(1e300) scale(1e300)"`),
      'rect "cat" is moved or scaled beyond every number',
    ],
    [
      rect(`x="1e308" width="1e308" height="9"`),
      'rect "cat" lies or reaches beyond every number',
    ],
  ];
  for (const [inner, message, head] of wrong) {
    await assertRejects(() => drawn(inner, head), LocRefError, message);
  }
  const coco = (side: string, corner: string) =>
    `{"images":[{"id":1,"width":${side},"height":9}],"categories":[],"annotations":[{"image_id":1,"category_id":1,"bbox":[${corner},0,1,1]}]}`;
  for (const text of [coco("1e400", "0"), coco("9", "1e400")]) {
    await assertRejects(
      () => layout.fromCoco(bytes(text)),
      LocRefError,
      "is Infinity",
    );
  }
});

Deno.test("an SVG that cannot be read as boxes says where", async () => {
  const rect = (more: string) => cat.replace("/>", ` ${more}/>`);
  const wrong: [string, string, string?][] = [
    [rect('transform="rotate(30)"'), 'turned or slanted by "rotate(30)"'],
    [rect('transform="skewX(5)"'), 'rect "cat" is turned or slanted'],
    [`<g transform="rotate(5)">${cat}</g>`, 'rect "cat" is turned or slanted'],
    [
      rect('transform="spin(3)"'),
      'has transform "spin(3)", which is not known',
    ],
    [rect('transform="translate()"'), "which is not known"],
    [rect('style="transform-origin:center"'), "has a transform-origin"],
    [cat.replace('"10"', '"1em"'), '"x" must be a number, in px, in, cm'],
    [`<svg viewBox="0 0 1 1">${cat}</svg>`, "has a viewBox inside"],
    [cat, '"viewBox" must hold left, top', 'viewBox="0 0 0 9"'],
    [cat, '"viewBox" must hold left, top', 'viewBox="a"'],
    [cat, "needs a viewBox, or a width", 'width="100%" height="9"'],
    [cat.replace('id="cat"', ""), "holds 1 rectangle without a name"],
    [cat.replace('id="cat"', 'id=" "'), "holds 1 rectangle without a name"],
    [cat.replace("width=", 'width="-9" a='), 'rect "cat" is -9 wide'],
    [
      `<style>.a{fill:red;display: none}</style>${cat}`,
      'has a style sheet with "display: none", which is not read',
    ],
    [
      `<defs><style>#cat{visibility:hidden}</style></defs>${cat}`,
      'has a style sheet with "visibility:hidden"',
    ],
    ...[
      ...["x:9px", "y :9px", "width:9px", "height: 1px", "rotate:90deg"],
      ...["translate:9px", "scale:2", "transform: none"],
    ].map((one): [string, string] => [
      `<style>a.x:hover{}/* y */ #cat{fill:red;${one}}</style>${cat}`,
      `has a style sheet with "${one.split(":")[0]}:"`,
    ]),
    [rect('style="translate:9px"'), "has a translate"],
    [rect('style="rotate:90deg"'), "has a rotate"],
    ['<circle id="cat" r="9"/>', "holds no visible rectangle"],
    ["", "holds no visible rectangle"],
  ];
  for (const [inner, message, head] of wrong) {
    await assertRejects(() => drawn(inner, head), LocRefError, message);
  }
});

Deno.test("a style sheet that neither hides nor places rectangles is passed over", async () => {
  const sheet = `@media (min-width: 9px) { .x:hover { stroke-width: 2 } }
    svg { width: 100%; height: auto } @font-face { src: x } text { fill: red }
    rect { /* width: 9px; */ max-width: 9px; -x: 1 }`;
  const plain = await drawn(cat);
  assertEquals(await drawn(`<style>${sheet}</style>${cat}`), plain);
});

Deno.test("a copy of a rectangle is left out with a warning", async () => {
  const copy = '<use id="second" href="#cat" x="50"/>';
  const hidden = '<use href="#cat" display="none"/><defs><use/></defs>';
  const svg = `<svg viewBox="0 0 100 100">${cat}${copy}${hidden}</svg>`;
  const found = await layout.fromSvg(bytes(svg));
  assertEquals(found.objects.map(({ name }) => name), ["cat"]);
  assertEquals(found.warnings, [
    'Layout: use "second" was left out: it is a copy of another element, so draw a rectangle there',
  ]);
});

Deno.test("a layout whose sides are no whole pixels makes a scene of its shape", async () => {
  const head = 'viewBox="0 0 210.5 297"';
  const svg = bytes(`<svg ${head}>${cat}</svg>`);
  const made = (await layout.fromSvg(svg)).scene({ cat: "cat.png" });
  const { size, instances } = made.toJSON();
  assertEquals(size, { width: 2903, height: 4096 });
  assertEquals(Math.round(instances[0]!.box.x0 * 2105), 100);
  const data = JSON.parse(JSON.stringify(made));
  assertEquals(scene.from(data).toJSON(), made.toJSON());
});

Deno.test("COCO's pictures are found without their folder, and ids may be text", async () => {
  const text = JSON.stringify(coco)
    .replaceAll(/"category_id":(\d)/g, '"category_id":"$1"')
    .replaceAll(/"id":(\d),"name"/g, '"id":"$1","name"')
    .replace("b.jpg", "val/b.jpg");
  const found = await layout.fromCoco(bytes(text), { image: "b.jpg" });
  assertEquals(objects(found), [["cat", [0, 0, 0.5, 1]]]);
  await assertRejects(
    () =>
      layout.fromCoco(bytes('{"images":[],"annotations":[],"categories":[]}')),
    LocRefError,
    "Layout holds no picture",
  );
});

Deno.test("a picture without objects has an empty file of YOLO's", async () => {
  const { objects } = await layout.fromYolo(bytes(""), { names: ["cat"] });
  assertEquals(objects, []);
});

Deno.test("a file of UTF-16 is read as its first bytes say", async () => {
  const units = Uint16Array.from(
    `\uFEFF<svg width="100" height="100">${cat}</svg>`,
    (one) => one.charCodeAt(0),
  );
  const found = await layout.fromSvg(new Uint8Array(units.buffer));
  assertEquals(objects(found).length, 1);
});

Deno.test("an annotation of Pascal VOC without a size in pixels is refused", async () => {
  await assertRejects(
    () =>
      layout.fromVoc(bytes(
        "<annotation><size><width>0</width><height>9</height></size></annotation>",
      )),
    LocRefError,
    '"width" of the picture must be above 0, got 0',
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

Deno.test("a category of COCO's without a name is refused", async () => {
  const nameless = coco.categories.map((one) => ({ ...one, name: " " }));
  const text = JSON.stringify({ ...coco, categories: nameless });
  await assertRejects(
    () => layout.fromCoco(bytes(text), { image: 8 }),
    LocRefError,
    "annotation 3 has category 1, which the file does not name",
  );
});
