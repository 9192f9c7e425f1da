import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import fc from "fast-check";
import { withoutContent } from "../../../../lib/adapters/ip_adapter/without_content.ts";
import { openBase } from "../../../../lib/bases/bases.ts";
import { crossSites } from "../../../../lib/bases/places.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import {
  pixelsOf,
  twoObjects,
  writeEncoder,
  writeRandom,
} from "../random_adapter.ts";
import { smallBase, smallLocref } from "../small_base.ts";

const golden = (name: string) =>
  fromFileUrl(new URL(`../../../goldens/${name}`, import.meta.url));

Deno.test("every picture's features lose the same share of the text's embedding", () => {
  const numbers = (length: number) =>
    fc.array(fc.double({ min: -4, max: 4, noNaN: true }), {
      minLength: length,
      maxLength: length,
    }).map((values) => Float32Array.from(values));
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 3 }).chain((rows) =>
      fc.tuple(fc.constant(rows), numbers(5 * rows), numbers(5))
    ),
    fc.double({ min: 0, max: 2, noNaN: true }),
    ([rows, pictures, text], scale) => {
      const { data } = withoutContent(
        tensor([rows, 5], pictures),
        tensor([1, 5], text),
        scale,
      );
      for (const [i, value] of pictures.entries()) {
        assertEquals(data[i], Math.fround(value - scale * text[i % 5]!));
      }
    },
  ));
});

/** A small SDXL with an adapter that reads projected features of this width. */
async function loadXl(dir: string, width: number): Promise<LocRef> {
  const base = await openBase(golden("sdxl-tiny"));
  const sites = crossSites(base.places({ height: 8, width: 8 }));
  const { textWidth } = base;
  const encoder = await writeEncoder(dir, width);
  const adapter = await writeRandom(
    join(dir, "adapter.safetensors"),
    new Map<string, readonly number[]>([
      ["image_proj.proj.weight", [4 * textWidth, width]],
      ["image_proj.proj.bias", [4 * textWidth]],
      ["image_proj.norm.weight", [textWidth]],
      ["image_proj.norm.bias", [textWidth]],
      ...sites.flatMap((site, i) =>
        ["k", "v"].map((one) =>
          [
            `ip_adapter.${2 * i + 1}.to_${one}_ip.weight`,
            [site.width, textWidth],
          ] as const
        )
      ),
    ]),
  );
  return await LocRef.load(golden("sdxl-tiny"), {
    ...{ adapter, imageEncoder: encoder, backend: "onnx" },
  });
}

Deno.test("a content is taken out of the pictures, and the picture records it", async () => {
  await inTempDir(async (dir) => {
    await using model = await loadXl(dir, 40);
    const made = twoObjects([undefined]);
    const fused = (fusion: object) => ({ model, steps: 1, seed: 1, fusion });
    const plain = await made.generate(fused({}));
    const nothing = await made.generate(
      fused({ without: { text: "a cat", scale: 0 } }),
    );
    assertEquals(nothing.data, plain.data);
    const less = await made.generate(fused({ without: "a cat" }));
    assert(less.data.some((value, i) => value !== plain.data[i]));
    const named = { text: "a cat", scale: 0.8 };
    const same = await made.generate(fused({ without: named }));
    assertEquals(same.data, less.data);
    const file = join(dir, "less.png");
    await less.save(file);
    const { options } = await scene.fromImage(file);
    assertEquals(options.fusion, { without: "a cat" });
  });
});

Deno.test("a content is refused where no text lies in the space of the pictures' features", async () => {
  await inTempDir(async (dir) => {
    await using model = await loadXl(dir, 24);
    await assertRejects(
      () => pixelsOf(twoObjects([]), model, { fusion: { without: "a cat" } }),
      RangeError,
      'Fusion option without, "a cat", needs a text encoder that shares the space of the image encoder, of width 24',
    );
  });
  await using small = await LocRef.load(smallBase, {
    ...{ adapter: smallLocref, backend: "onnx" },
    imageEncoder: golden("clip-vision-gelu"),
  });
  const fused = (without: unknown) =>
    pixelsOf(twoObjects([]), small, { fusion: { without } });
  await assertRejects(
    () => fused("a cat"),
    RangeError,
    "takes a text from projected features",
  );
  await assertRejects(() => fused(3), TypeError, "Option without of fusion");
  await assertRejects(
    () => fused({ text: "a cat", scale: -1 }),
    RangeError,
    "scale",
  );
  await assertRejects(
    () => fused({ text: "a cat", scal: 1 }),
    TypeError,
    '"scale"?',
  );
});

Deno.test("a content is refused on a model whose adapters read no pictures by features", async () => {
  await using model = await LocRef.load(smallBase, {
    ...{ adapter: "layout-guidance", backend: "wasm" },
  });
  await assertRejects(
    () => pixelsOf(twoObjects([]), model, { fusion: { without: "a cat" } }),
    RangeError,
    "Fusion option without",
  );
});
