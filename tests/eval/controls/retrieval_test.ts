import { assert, assertEquals } from "@std/assert";
import { controlScenes } from "../../../eval/controls/control_scene.ts";
import { openRetrieval } from "../../../eval/controls/retrieval.ts";
import type { Raster } from "../../../lib/images/raster.ts";
import type { PictureEncoder } from "../../../lib/pipeline/options/rulers.ts";

function thumbnail({ width, height, data }: Raster): Float32Array {
  const side = 12;
  const values = Float32Array.from({ length: side * side * 3 }, (_, i) => {
    const cell = Math.floor(i / 3);
    const x = Math.floor((cell % side + 0.5) * width / side);
    const y = Math.floor((Math.floor(cell / side) + 0.5) * height / side);
    const at = (y * width + x) * 4;
    return data[at + i % 3]! * data[at + 3]!;
  });
  const length = Math.hypot(...values) || 1;
  return values.map((value) => value / length);
}

/** An encoder that compares thumbnails; transparent parts count as black. */
const thumbnails: PictureEncoder = {
  embed: (pictures) => Promise.resolve(pictures.map(thumbnail)),
  dispose: () => Promise.resolve(),
};

Deno.test("objects cut out are found among all, those of another scene are not", async () => {
  const { world, scenes } = await controlScenes({
    seed: 1,
    count: 6,
    sizes: [{ width: 128, height: 128 }],
  });
  const { search } = await openRetrieval(thumbnails, world);
  let right = 0, wrong = 0, all = 0;
  for (const [i, scene] of scenes.entries()) {
    const other = scenes[(i + 1) % scenes.length]!.picture;
    const own = await search(scene.composite, scene);
    assertEquals(own.length, scene.objects.length);
    all += own.length;
    right += own.filter(Boolean).length;
    wrong += (await search(other, scene)).filter(Boolean).length;
  }
  assert(right > all / 3, `${right} of ${all}`);
  assertEquals(wrong, 0);
});
