import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { join } from "@std/path";
import { letterboxPlace } from "../../eval/letterbox.ts";
import { openDetector } from "../../eval/open_detector.ts";
import { readCells } from "../../eval/yolo.ts";
import { LocRefError } from "../../lib/error.ts";
import { blankRaster } from "../../lib/images/raster.ts";
import { encodeOnnx } from "../../lib/ops/onnx_proto.ts";

/** Three cells in the layout of Ultralytics: x, y, width, height, cat, dog; a column a cell. */
const cells = [
  [16, 17, 48],
  [16, 16, 40],
  [16, 16, 20],
  [16, 16, 16],
  [0.9, 0.8, 0.0005],
  [0.2, 0.0, 0.6],
];

/** A graph that answers {@linkcode cells} whatever it is shown, with metadata as Ultralytics writes. */
async function writeYolo(path: string, names?: string): Promise<void> {
  const output = new Uint8Array(Float32Array.from(cells.flat()).buffer);
  const nodes = [
    { type: "ReduceMean", inputs: ["images"], outputs: ["mean"] },
    { type: "Mul", inputs: ["mean", "zero"], outputs: ["nothing"] },
    { type: "Add", inputs: ["nothing", "cells"], outputs: ["output0"] },
  ].map((node) => ({
    ...node,
    domain: "",
    attributes: node.type === "ReduceMean" ? { keepdims: { int: 0 } } : {},
  }));
  const initializers = [
    { name: "zero", type: "F32", shape: [1], bytes: new Uint8Array(4) },
    { name: "cells", type: "F32", shape: [1, 6, 3], bytes: output },
  ];
  const bytes = await encodeOnnx({
    name: "yolo",
    nodes,
    initializers,
    inputs: [{ name: "images", type: "F32", shape: [1, 3, 64, 64] }],
    outputs: [{ name: "output0", type: "F32", shape: [1, 6, 3] }],
  } as never);
  const writer = new BinaryWriter();
  if (names !== undefined) {
    writer.tag(14, 2).fork().tag(1, 2).string("names").tag(2, 2).string(names)
      .join();
  }
  const more = writer.finish();
  const file = new Uint8Array(bytes.length + more.length);
  file.set(bytes);
  file.set(more, bytes.length);
  await Deno.writeFile(path, file);
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
    const nameless = await openDetector(path);
    const error = await assertRejects(
      () => nameless.detect([blankRaster(64, 64)]),
      LocRefError,
    );
    assert(error.message.includes("names of its classes"), error.message);
    await nameless.dispose();
  });
});

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
