import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type ExportedScene,
  exportedScene,
} from "../../eval/export/export_format.ts";
import { gligen } from "../../eval/export/gligen.ts";
import { instanceDiffusion } from "../../eval/export/instance_diffusion.ts";
import { migc } from "../../eval/export/migc.ts";
import { msDiffusion } from "../../eval/export/ms_diffusion.ts";
import type { InstanceData } from "../../lib/scene_data/scene_data.ts";

const scene: ExportedScene = {
  key: "0007",
  caption: "a cat and a lamp",
  width: 640,
  height: 480,
  instances: [
    {
      phrase: "a cat",
      box: [0.25, 0.5, 0.75, 1],
      reference: "references/0007-0.png",
    },
    {
      phrase: "lamp",
      box: [0, 0, 0.125, 0.25],
      reference: "references/0007-1.png",
    },
  ],
};

Deno.test("GLIGEN gets phrases, pictures and edges as fractions", () => {
  assertEquals(gligen.scene(scene), {
    ckpt: "../gligen_checkpoints/checkpoint_generation_text_image.pth",
    prompt: "a cat and a lamp",
    phrases: ["a cat", "lamp"],
    images: ["references/0007-0.png", "references/0007-1.png"],
    locations: [[0.25, 0.5, 0.75, 1], [0, 0, 0.125, 0.25]],
    alpha_type: [1, 0, 0],
    save_folder_name: "0007",
  });
});

Deno.test("MIGC gets the caption first, then the phrases", () => {
  assertEquals(migc.scene(scene), {
    key: "0007",
    prompt: ["a cat and a lamp", "a cat", "lamp"],
    bboxes: [[0.25, 0.5, 0.75, 1], [0, 0, 0.125, 0.25]],
  });
});

Deno.test("MS-Diffusion gets phrases, boxes and pictures", () => {
  assertEquals(msDiffusion.scene(scene), {
    key: "0007",
    prompt: "a cat and a lamp",
    phrases: ["a cat", "lamp"],
    boxes: [[0.25, 0.5, 0.75, 1], [0, 0, 0.125, 0.25]],
    images: ["references/0007-0.png", "references/0007-1.png"],
  });
});

Deno.test("InstanceDiffusion gets corner and size in pixels", () => {
  assertEquals(instanceDiffusion.scene(scene), {
    caption: "a cat and a lamp",
    width: 640,
    height: 480,
    annos: [
      {
        bbox: [160, 240, 320, 240],
        mask: [],
        category_name: "",
        caption: "a cat",
      },
      { bbox: [0, 0, 80, 120], mask: [], category_name: "", caption: "lamp" },
    ],
  });
});

Deno.test("InstanceDiffusion's own arithmetic gives the fractions back", () => {
  const edge = fc.double({ min: 0, max: 1, noNaN: true });
  const side = fc.integer({ min: 64, max: 2048 });
  fc.assert(
    fc.property(edge, edge, edge, edge, side, side, (a, b, c, d, w, h) => {
      const box = [
        Math.min(a, c),
        Math.min(b, d),
        Math.max(a, c),
        Math.max(b, d),
      ];
      const [x0, y0, x1, y1] = box as [number, number, number, number];
      const { annos } = instanceDiffusion.scene({
        ...scene,
        width: w,
        height: h,
        instances: [{ ...scene.instances[0]!, box: [x0, y0, x1, y1] }],
      }) as { annos: { bbox: [number, number, number, number] }[] };
      const [x, y, width, height] = annos[0]!.bbox;
      const back = [x / w, y / h, (x + width) / w, (y + height) / h];
      back.forEach((value, i) => assertAlmostEquals(value, box[i]!, 1e-12));
    }),
  );
});

Deno.test("a phrase is the caption, else the name, else the class", () => {
  const instance: InstanceData = {
    reference: "a.png",
    box: { x0: 0, y0: 0, x1: 1, y1: 1 },
    scale: 1,
    start: 0,
    end: 1,
    z: 0,
    cutout: "none",
  };
  const data = {
    version: 1 as const,
    caption: "",
    negative: "",
    instances: [
      { ...instance, caption: "my cat" },
      instance,
      instance,
      instance,
    ],
  };
  const exported = exportedScene({
    key: "k",
    cutOut: data,
    withBackground: data,
    categories: ["cat", "cat", "cat", undefined],
    phrases: ["tabby", "tabby"],
  }, { size: 64 });
  assertEquals(
    exported.instances.map(({ phrase }) => phrase),
    ["my cat", "tabby", "cat", "object"],
  );
  assert(exported.width === 64 && exported.height === 64);
});
