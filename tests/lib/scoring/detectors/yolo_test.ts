import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { join } from "@std/path";
import { letterboxPlace } from "../../../../lib/scoring/detectors/letterbox.ts";
import { openDetector } from "../../../../lib/scoring/detectors/open_detector.ts";
import { yoloNames } from "../../../../lib/scoring/detectors/yolo_names.ts";
import type { Detection } from "../../../../lib/pipeline/options/rulers.ts";
import { readCells } from "../../../../lib/scoring/detectors/yolo.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";
import { encodeOnnx } from "../../../../lib/ops/onnx/proto.ts";

/** Three cells in the layout of Ultralytics: x, y, width, height, cat, dog; a column a cell. */
const cells = [
  [16, 17, 48],
  [16, 16, 40],
  [16, 16, 20],
  [16, 16, 16],
  [0.9, 0.8, 0.0005],
  [0.2, 0.0, 0.6],
];

/** How {@linkcode writeYolo} writes a file. */
interface YoloFile {
  readonly half?: boolean;
  /** Shape of the input; text is a side that is not fixed. */
  readonly input?: readonly (number | string)[];
  /** Shape of the output as it is declared. */
  readonly output?: readonly (number | string)[];
  /** Values of the output; NaN and the like. */
  readonly values?: readonly number[];
  /** Pictures that the output is repeated for. */
  readonly repeat?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** A second output beside it. */
  readonly outputs?: number;
}

/** A graph that returns {@linkcode cells} whatever it is shown, with metadata as Ultralytics writes. */
async function writeYolo(
  path: string,
  names?: string,
  file: YoloFile = {},
): Promise<void> {
  const { half = false, repeat = 1, metadata = {}, outputs = 1 } = file;
  const type = half ? "F16" : "F32";
  const bytesOf = (values: readonly number[]) =>
    new Uint8Array(
      (half ? new Float16Array(values) : new Float32Array(values)).buffer,
    );
  const values = Array.from(
    { length: repeat },
    () => file.values ?? cells.flat(),
  ).flat();
  const shape = [repeat, 6, 3];
  const nodes = [
    { type: "ReduceMean", inputs: ["images"], outputs: ["mean"] },
    { type: "Mul", inputs: ["mean", "zero"], outputs: ["nothing"] },
    ...Array.from({ length: outputs }, (_, i) => ({
      type: "Add",
      inputs: ["nothing", "cells"],
      outputs: [`output${i}`],
    })),
  ].map((node) => ({
    ...node,
    domain: "",
    attributes: node.type === "ReduceMean" ? { keepdims: { int: 0 } } : {},
  }));
  const initializers = [
    { name: "zero", type, shape: [1], bytes: bytesOf([0]) },
    { name: "cells", type, shape, bytes: bytesOf(values) },
  ];
  const bytes = await encodeOnnx({
    name: "yolo",
    nodes,
    initializers,
    inputs: [{ name: "images", type, shape: file.input ?? [1, 3, 64, 64] }],
    outputs: Array.from({ length: outputs }, (_, i) => ({
      name: `output${i}`,
      type,
      shape: file.output ?? shape,
    })),
  } as never);
  const writer = new BinaryWriter();
  const all = { ...names !== undefined && { names }, ...metadata };
  for (const [key, value] of Object.entries(all)) {
    writer.tag(14, 2).fork().tag(1, 2).string(key).tag(2, 2).string(value)
      .join();
  }
  const more = writer.finish();
  await Deno.writeFile(path, new Uint8Array([...bytes, ...more]));
}

async function inFolder(use: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a YOLO file is read with its names, its boxes go back to the picture", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "yolo.onnx");
    await writeYolo(path, "{0: 'cat', 1: 'guide dog'}");
    const detector = await openDetector(path);
    assertEquals(detector.classes, ["cat", "guide dog"]);
    // 128 × 64 pixels in a box of 64: halved, 16 pixels of grey above
    const [found] = await detector.detect([blankRaster(128, 64)]);
    await detector.dispose();
    // the second cell lies on the first (IoU 240 / 272 > 0.7) and goes
    assertEquals(found!.map(({ category }) => category), [0, 1, 1]);
    const wanted = [[8, 8, 24, 24], [38, 32, 58, 48]].map(([l, t, r, b]) =>
      [l! / 64, (t! - 16) / 32, r! / 64, (b! - 16) / 32].map((value) =>
        Math.min(1, Math.max(0, value))
      )
    );
    for (const i of [0, 1]) {
      for (const [k, edge] of wanted[i]!.entries()) {
        assertAlmostEquals(found![i]!.box[k]!, edge, 1e-6);
      }
    }
  });
});

Deno.test("a YOLO file without the names of its classes needs them", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "yolo.onnx");
    await writeYolo(path);
    const named = await openDetector(path, { classes: ["cat", "dog"] });
    const [found] = await named.detect([blankRaster(64, 64)]);
    assert(found!.length > 0);
    await named.dispose();
    const error = await assertRejects(() => openDetector(path), LocRefError);
    assert(error.message.includes("names of its classes"), error.message);
  });
});

const printedNames = "{0: 'cat', 1: 'guide dog'}";

/** Opens a file that is written so, and returns what it finds in `count` pictures. */
async function detectIn(file: YoloFile, count = 1): Promise<Detection[][]> {
  let found: Detection[][] = [];
  await inFolder(async (folder) => {
    const path = join(folder, "yolo.onnx");
    await writeYolo(path, printedNames, file);
    const detector = await openDetector(path);
    const picture = blankRaster(64, 64);
    try {
      found = await detector.detect(
        Array.from({ length: count }, () => picture),
      );
    } finally {
      await detector.dispose();
    }
  });
  return found;
}

for (
  const [what, file, count] of [
    ["half precision", { half: true }, 2],
    ["a fixed batch", { input: [4, 3, 64, 64], repeat: 4 }, 6],
    ["a fixed batch in half precision", {
      half: true,
      input: [2, 3, 64, 64],
      repeat: 2,
    }, 3],
    ["no fixed size", {
      input: [1, 3, "height", "width"],
      output: [1, 6, "cells"],
      metadata: { imgsz: "[64, 64]" },
    }, 1],
    ["one fixed side", {
      input: ["batch", 3, 64, "width"],
      metadata: { imgsz: "[32, 64]" },
    }, 2],
    ["nothing fixed at all", {
      input: ["b", "c", "h", "w"],
      output: ["b", "r", "n"],
      metadata: { imgsz: "(64, 64)" },
    }, 1],
  ] as [string, YoloFile, number][]
) {
  Deno.test(`a YOLO file with ${what} finds the same boxes`, async () => {
    const [plain] = await detectIn({});
    const found = await detectIn(file, count);
    assertEquals(found.length, count);
    for (const own of found) {
      assertEquals(own.map(({ category }) => category), [0, 1, 1]);
      for (const [i, { box, score }] of own.entries()) {
        const precise = file.half ? 1e-3 : 1e-6;
        assertAlmostEquals(score, plain![i]!.score, precise);
        for (const [k, edge] of box.entries()) {
          assertAlmostEquals(edge, plain![i]!.box[k]!, precise);
        }
      }
    }
  });
}

for (
  const [what, file, help] of [
    [
      "a batch that its output does not have",
      { input: [4, 3, 64, 64] },
      /batch=1/,
    ],
    [
      "an output that no one declared",
      { output: ["b", "r", "n"], repeat: 3 },
      /batch=1/,
    ],
    ["suppression inside", { metadata: { names: "{0: 'cat'}" } }, /nms=False/],
    ["more classes than its output", {
      metadata: { names: "{0: 'a', 1: 'b', 2: 'c'}" },
    }, /of 3 classes; .*yolo export/],
    ["another task", { metadata: { task: "segment" } }, /task is "segment"/],
    ["two outputs", { outputs: 2 }, /2 outputs.*yolo export/],
    [
      "four channels",
      { input: [1, 4, 64, 64] },
      /one picture \[1, 3, height, width\]/,
    ],
    ["one side", { input: [1, 3, 64] }, /\[1, 3, 64\]/],
    ["no names", { metadata: { names: "" } }, /yolo export .*format=onnx/],
  ] as [string, YoloFile, RegExp][]
) {
  Deno.test(`a YOLO file with ${what} is refused when it is opened`, async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "yolo.onnx");
      await writeYolo(path, printedNames, file);
      const error = await assertRejects(() => openDetector(path), LocRefError);
      assertEquals(error.code, "file-invalid");
      assertMatch(error.message, help);
    });
  });
}

Deno.test("a file that is no ONNX is refused with the command that makes one", async () => {
  await inFolder(async (folder) => {
    for (const content of ["<!doctype html>", "", "PK\x03\x04 weights"]) {
      const path = join(folder, "yolo.onnx");
      await Deno.writeTextFile(path, content);
      const error = await assertRejects(() => openDetector(path), LocRefError);
      assertEquals(error.code, "file-invalid", content);
      assertMatch(error.message, /yolo export/);
    }
  });
});

Deno.test("an output of NaN is an error, not a picture without objects", async () => {
  const values = [...cells.flat().slice(0, -1), NaN];
  const error = await assertRejects(() => detectIn({ values }), LocRefError);
  assertMatch(error.message, /returns NaN/);
});

for (
  const [printed, names] of [
    ["{0: 'cup', 1: \"driver's mug\"}", ["cup", "driver's mug"]],
    ["{0: 'a\\'b\"c', 1: 'd\\\\e'}", ["a'b\"c", "d\\e"]],
    ["{0: 'caf\\xe9', 1: '\\u732b', 2: '\\U0001f408'}", [
      "caf\u00e9",
      "\u732b",
      "\ud83d\udc08",
    ]],
    ["{0: 'a\\tb', 1: 'c\\nd', 2: '\\x01'}", ["a\tb", "c\nd", "\x01"]],
    ["{0: 'one, 1: two', 1: '{2: \\'x\\'}'}", ["one, 1: two", "{2: 'x'}"]],
    ["{0: '', 1: '\\d'}", ["", "\\d"]],
    ["{0: 10, 1: 20}", ["10", "20"]],
    ["{0: 'a', 2: 'c'}", ["a", "1", "c"]],
    ['{"0": "a", "1": "b"}', ["a", "b"]],
    ["['a', \"b's\"]", ["a", "b's"]],
    ["{}", []],
  ] as [string, string[]][]
) {
  Deno.test(`names printed as ${printed} are read`, () => {
    assertEquals(yoloNames(printed), names);
  });
}

Deno.test("of equal classes the better box stays, of different ones both do", () => {
  const data = Float32Array.from([
    ...[10, 10.5, 10],
    ...[10, 10, 10],
    ...[8, 8, 8],
    ...[8, 8, 8],
    ...[0.5, 0.6, 0],
    ...[0, 0, 0.4],
  ]);
  const size = { width: 32, height: 32 };
  const found = readCells(data, [1, 6, 3], letterboxPlace(size, size));
  const near = found.map(({ score, category }) => [
    Math.round(score * 10),
    category,
  ]);
  assertEquals(near, [[6, 0], [4, 1]]);
});

Deno.test("what fills a picture whose side LetterBox rounded fills it in the answer too", () => {
  // 333 · 0.5 is 166.5, of which LetterBox makes 166
  const place = letterboxPlace(
    { width: 1280, height: 333 },
    { width: 640, height: 640 },
  );
  const { left, top, width, height } = place;
  const centre = [left + width / 2, top + height / 2];
  const data = Float32Array.from([...centre, width, height, 0.5]);
  const [found] = readCells(data, [1, 5, 1], place);
  assertEquals(found!.box, [0, 0, 1, 1]);
});
