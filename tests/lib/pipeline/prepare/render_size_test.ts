import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { loadModel } from "../../../../lib/pipeline/load/load_model.ts";
import type { LoadedModel } from "../../../../lib/pipeline/load/loaded_model.ts";
import {
  renderSize,
  sizeWarnings,
} from "../../../../lib/pipeline/prepare/render_size.ts";

Deno.test("no scene is rendered with more than twice the pixels that the model was trained on", async () => {
  await using model = await loadModel("pocket", { backend: "onnx" });
  const { nativeSize: native, sizeStep, trainedSizes } = model;
  const trained = trainedSizes.map(({ width, height }) => `${width} ${height}`);
  const side = fc.integer({ min: 1, max: 16384 });
  fc.assert(
    fc.property(side, side, (width, height) => {
      const size = renderSize(model, { size: { width, height } });
      assert(size.width * size.height <= 2 * native.width * native.height);
      assert(
        size.width % sizeStep === 0 && size.height % sizeStep === 0 ||
          trained.includes(`${size.width} ${size.height}`),
      );
      assert(size.width > 0 && size.height > 0);
      assertEquals(
        Math.sign(size.width - size.height) * Math.sign(width - height) >= 0,
        true,
      );
    }),
  );
  const row = { size: { width: 16384, height: 1 } };
  assertEquals(renderSize(model, row), { width: 128, height: 72 });
  assertEquals(renderSize({ ...plain(model), trainedSizes: [] }, row), {
    ...{ width: 1024, height: sizeStep },
  });
});

/** The sizes of a model, copied: its own are getters. */
function plain({ nativeSize, latentFactor, sizeStep }: LoadedModel) {
  return { nativeSize, latentFactor, sizeStep };
}

const shape = (side: number, factor: number, levels: number) => ({
  name: "a",
  nativeSize: { width: side, height: side },
  latentFactor: factor,
  sizeStep: factor * 2 ** (levels - 1),
});
const pocket = shape(64, 4, 3), sd15 = shape(512, 8, 4);

Deno.test("a scene is rendered in the size nearest in shape and in pixels", () => {
  for (
    const [model, scene, size] of [
      [pocket, [640, 480], [64, 48]],
      [pocket, [480, 640], [48, 64]],
      [pocket, [800, 400], [96, 48]],
      [pocket, [512, 512], [64, 64]],
      [sd15, [640, 480], [576, 448]],
      [sd15, [1920, 1080], [704, 384]],
      [sd15, [800, 400], [768, 384]],
      [sd15, [123, 123], [512, 512]],
    ] as const
  ) {
    const [width, height] = scene;
    const found = renderSize(model, { size: { width, height } });
    assertEquals([found.width, found.height], [...size], scene.join(" × "));
  }
});

Deno.test("a model that names sizes that it was trained on renders at these alone", () => {
  const trained = [[80, 60], [112, 48]].map(([width, height]) => ({
    width: width!,
    height: height!,
  }));
  for (
    const [scene, size] of [
      [[640, 480], [80, 60]],
      [[480, 640], [64, 64]],
      [[900, 400], [112, 48]],
      [[800, 400], [112, 48]],
      [[512, 512], [64, 64]],
      [[1600, 400], [112, 48]],
    ] as const
  ) {
    const [width, height] = scene;
    const found = renderSize({ ...pocket, trainedSizes: trained }, {
      size: { width, height },
    });
    assertEquals([found.width, found.height], [...size], scene.join(" × "));
  }
});

Deno.test("a size that stretches the scene or is far from the model's own warns", () => {
  const scene = { size: { width: 640, height: 480 } };
  const size = (width: number, height: number) => ({ width, height });
  assertEquals(sizeWarnings(size(64, 48), scene, pocket), []);
  assertEquals(sizeWarnings(size(64, 64), {}, pocket), []);
  assertEquals(sizeWarnings(size(576, 448), scene, sd15), [
    "Scene of 640 × 480 is rendered at 576 × 448 pixels, whose shape is 3.7 % higher, so everything is stretched",
  ]);
  assertEquals(sizeWarnings(size(96, 48), scene), [
    "Scene of 640 × 480 is rendered at 96 × 48 pixels, whose shape is 50 % wider, so everything is stretched",
  ]);
  assertEquals(sizeWarnings(size(512, 512), {}, pocket), [
    'Model "a" was trained on 64 × 64 pixels, and 512 × 512 is 64 times as many, so objects may repeat or fall apart',
  ]);
  assertEquals(sizeWarnings(size(256, 256), {}, sd15), [
    'Model "a" was trained on 512 × 512 pixels, and 256 × 256 is 4 times fewer, so objects may repeat or fall apart',
  ]);
});

Deno.test("a size that is none of those that a model names as trained warns with all of them", () => {
  const size = (width: number, height: number) => ({ width, height });
  const model = { ...pocket, trainedSizes: [size(80, 60), size(60, 80)] };
  for (const one of [size(64, 64), size(80, 60), size(60, 80)]) {
    assertEquals(sizeWarnings(one, {}, model), []);
  }
  assertEquals(sizeWarnings(size(64, 48), {}, model), [
    'Model "a" was trained on 64 × 64, 80 × 60, 60 × 80 pixels, and 64 × 48 is none of these, so objects may fall apart',
  ]);
});

Deno.test("a size that was asked for has an upper bound", () => {
  assertThrows(
    () => renderSize(sd15, {}, { width: 16384, height: 16384 }),
    RangeError,
    "Size 16384 × 16384 cannot be rendered: it has 268435456 pixels, at most 16777216 are allowed",
  );
});

Deno.test("a scene that begins on a picture or has controls keeps its shape as far as the grid allows", () => {
  const grid = {
    ...sd15,
    nativeSize: { width: 128, height: 128 },
    sizeStep: 32,
  };
  const init = { image: "a.png", strength: 1 };
  const controls = [{ model: "n", image: "a.png", scale: 1, start: 0, end: 1 }];
  const stretch = (
    edit: Parameters<typeof renderSize>[1],
    size: { width: number; height: number },
  ) => {
    const found = renderSize(grid, { ...edit, size });
    const times = found.width / found.height * size.height / size.width;
    return Math.max(times, 1 / times) - 1;
  };
  for (
    const [width, height] of [
      [210, 297],
      [297, 210],
      [640, 480],
      [600, 400],
      [1000, 750],
      [1920, 1080],
      [400, 500],
    ] as const
  ) {
    const size = { width, height };
    for (const edit of [{ init }, { controls }]) {
      const share = stretch(edit, size);
      assert(share < 0.07, `${width} × ${height}: ${share}`);
      assert(share <= stretch({}, size) + 1e-9);
    }
  }
  assertEquals(renderSize(grid, { init, size: { width: 9, height: 9 } }), {
    ...{ width: 128, height: 128 },
  });
});
