import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { matte } from "../../../../lib/images/masks/matting.ts";
import { blankRaster, type Raster } from "../../../../lib/images/raster.ts";
import {
  encodeOnnx,
  type OnnxGraph,
  type OnnxNode,
} from "../../../../lib/ops/onnx/proto.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

function node(
  type: string,
  inputs: string[],
  output: string,
  attributes: OnnxNode["attributes"] = {},
): OnnxNode {
  return { type, domain: "", inputs, outputs: [output], attributes };
}

/** A "matting model" that takes the mean of the three channels for the object. */
function meanModel(
  shape: (number | string)[],
  after: OnnxNode[] = [node("Identity", ["mean"], "mask")],
): OnnxGraph {
  const axes = new BigInt64Array([1n]);
  return {
    name: "mean",
    nodes: [node("ReduceMean", ["picture", "axes"], "mean"), ...after],
    initializers: [
      {
        name: "axes",
        type: "I64",
        shape: [1],
        bytes: new Uint8Array(axes.buffer),
      },
      {
        name: "hundred",
        type: "F32",
        shape: [],
        bytes: new Uint8Array(Float32Array.of(100).buffer),
      },
    ],
    inputs: [{ name: "picture", type: "F32", shape }],
    outputs: [{
      name: "mask",
      type: "F32",
      shape: [1, 1, ...shape.slice(2)],
    }],
  };
}

/** A grey picture with a white square in its upper left quarter. */
function squarePicture(width: number, height: number): Raster {
  const raster = blankRaster(width, height, [40, 40, 40, 255]);
  for (let y = 0; y < height / 2; y++) {
    for (let x = 0; x < width / 2; x++) {
      raster.data.set([255, 255, 255, 255], (y * width + x) * 4);
    }
  }
  return raster;
}

function lightness(raster: Raster, x: number, y: number): number {
  return raster.data[(y * raster.width + x) * 4]!;
}

async function withModel(
  graph: OnnxGraph,
  run: (path: string) => Promise<void>,
) {
  await inTempDir(async (dir) => {
    const path = join(dir, "matting.onnx");
    await Deno.writeFile(path, await encodeOnnx(graph));
    await run(path);
  });
}

for (
  const [label, graph] of [
    ["a fixed size", meanModel([1, 3, 32, 32])],
    ["a free size", meanModel([1, 3, "height", "width"])],
    [
      "logits",
      meanModel([1, 3, 32, 32], [
        node("Mul", ["mean", "hundred"], "mask"),
      ]),
    ],
  ] as const
) {
  Deno.test(`The object is white in the mask of a model with ${label}`, async () => {
    await withModel(graph, async (model) => {
      const mask = await matte(squarePicture(60, 40), { model, side: 48 });
      assertEquals([mask.width, mask.height], [60, 40]);
      assert(lightness(mask, 10, 8) > 250);
      assert(lightness(mask, 50, 8) < 20);
      assert(lightness(mask, 10, 34) < 20);
      assertEquals(lightness(mask, 10, 8), mask.data[(8 * 60 + 10) * 4 + 1]);
    });
  });
}

Deno.test("A picture that is the same all over is not spread into noise", async () => {
  await withModel(
    meanModel([1, 3, 16, 16], [node("Sigmoid", ["mean"], "mask")]),
    async (model) => {
      const grey = blankRaster(16, 16, [116, 116, 116, 255]);
      const { data } = await matte(grey, { model });
      const least = Math.min(...data.filter((_, i) => i % 4 === 0));
      const most = Math.max(...data.filter((_, i) => i % 4 === 0));
      assert(most - least <= 1, `${least} to ${most}`);
    },
  );
});

Deno.test("A file that is no matting model is refused, and says what was expected", async () => {
  await withModel(meanModel([1, 5, 8, 8]), async (model) => {
    await assertRejects(
      () => matte(squarePicture(8, 8), { model }),
      LocRefError,
      "is no matting model: it reads [1, 5, 8, 8]",
    );
  });
  await withModel(
    meanModel([1, 3, 8, 8], [
      node("Concat", ["mean", "mean"], "mask", { axis: { int: 1 } }),
    ]),
    async (model) => {
      await assertRejects(
        () => matte(squarePicture(8, 8), { model }),
        LocRefError,
        "its first output is [1, 2, 8, 8]",
      );
    },
  );
  await inTempDir(async (dir) => {
    const model = join(dir, "x.onnx");
    await Deno.writeTextFile(model, "this is no graph");
    await assertRejects(
      () => matte(squarePicture(8, 8), { model }),
      LocRefError,
      "is no matting model",
    );
  });
});
