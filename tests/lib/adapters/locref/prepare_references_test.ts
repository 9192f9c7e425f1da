import { assertEquals, assertRejects } from "@std/assert";
import type {
  AdapterRun,
  AdapterScene,
} from "../../../../lib/adapters/adapter.ts";
import type { LocRefAdapter } from "../../../../lib/adapters/locref/locref_file.ts";
import { prepareReferences } from "../../../../lib/adapters/locref/prepare_references.ts";
import type { Tensor } from "../../../../lib/core/tensor.ts";
import { floats } from "../../../../lib/core/tensor_rows.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";
import type { SquareFit } from "../../../../lib/weights/square_fit.ts";

const side = 16;

/** Brightness of the rows of the composite image as the encoder sees it; the picture is 4 : 1. */
async function rowsSeen(compositeFit: SquareFit): Promise<number[]> {
  const seen: Tensor[] = [];
  const program = () =>
    Promise.resolve({
      run: ({ pixels }: { pixels: Tensor }) => {
        seen.push(pixels);
        throw new Error("recorded");
      },
    });
  const imageEncoder = { config: { image_size: side }, folder: "encoder" };
  const adapter = { compositeFit, fit: "stretch", imageEncoder };
  const white = blankRaster(4, 4, [255, 255, 255, 255]);
  const box = { x0: 0, y0: 0, x1: 1, y1: 1 };
  const scene = {
    data: { instances: [{ box, z: 0 }] },
    pictures: [{ reference: white }],
  };
  await assertRejects(
    () =>
      prepareReferences(
        adapter as unknown as LocRefAdapter,
        scene as unknown as AdapterScene,
        {
          program,
          size: { width: 64, height: 16 },
          latent: { width: 8, height: 2 },
        } as unknown as AdapterRun,
      ),
    Error,
    "recorded",
  );
  const pixels = floats(seen[0]!).subarray(0, side * side);
  return Array.from({ length: side }, (_, y) => pixels[y * side + side / 2]!);
}

Deno.test("a composite image that is no square is stretched over the encoder's square", async () => {
  assertEquals(new Set(await rowsSeen("stretch")).size, 1);
});

Deno.test("a composite image lies in whole cells in the middle of the encoder's square where the adapter says so", async () => {
  const rows = await rowsSeen("contain");
  const bright = [...rows.keys()].filter((y) => rows[y]! > 0);
  assertEquals(bright, [6, 7, 8, 9]);
  assertEquals(new Set([...rows.slice(0, 4), ...rows.slice(12)]).size, 1);
});
