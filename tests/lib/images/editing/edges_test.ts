import { assert, assertEquals } from "@std/assert";
import { cannyEdges, softEdges } from "../../../../lib/images/editing/edges.ts";
import { blankRaster, type Raster } from "../../../../lib/images/raster.ts";

/** A light square on a dark ground. */
function square(light: number): Raster {
  const raster = blankRaster(20, 20, [20, 20, 20, 255]);
  for (let y = 5; y < 15; y++) {
    for (let x = 5; x < 15; x++) {
      raster.data.fill(light, 4 * (y * 20 + x), 4 * (y * 20 + x) + 3);
    }
  }
  return raster;
}

function lit({ data }: Raster): number[] {
  return [...data.keys()].filter((i) => i % 4 === 0 && data[i]! === 255)
    .map((i) => i / 4);
}

Deno.test("edges are thin lines around what differs from its ground", async () => {
  const edges = lit(await cannyEdges(square(220)));
  assert(edges.length >= 36 && edges.length <= 44, `${edges.length} pixels`);
  for (const i of edges) {
    const far = Math.max(
      Math.abs(i % 20 - 9.5),
      Math.abs(Math.floor(i / 20) - 9.5),
    );
    assert(far >= 4 && far <= 6, `${i}`);
  }
});

Deno.test("faint gradients are no edges, even ones leave no pixel", async () => {
  assertEquals(lit(await cannyEdges(square(28))), []);
  assertEquals(lit(await cannyEdges(square(20))), []);
  assert(lit(await cannyEdges(square(28), { low: 5, high: 20 })).length > 0);
});

Deno.test("soft edges are lighter the steeper the picture is", async () => {
  const at = async (light: number) =>
    (await softEdges(square(light))).data[4 * (10 * 20 + 5)]!;
  assert(await at(220) > await at(100));
  assert(await at(100) > await at(20));
});
