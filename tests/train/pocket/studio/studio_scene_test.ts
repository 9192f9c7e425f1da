import { assert, assertEquals } from "@std/assert";
import { random } from "../../../../lib/core/random.ts";
import {
  boxMask,
  meanOver,
  ssimMap,
} from "../../../../train/pocket/rulers/picture_rulers.ts";
import { backdropWords } from "../../../../train/pocket/studio/backdrop.ts";
import {
  drawStudioComposite,
  drawStudioPicture,
  drawStudioReference,
  drawStudioScene,
  type StudioScene,
} from "../../../../train/pocket/studio/studio_scene.ts";
import {
  outlineStudioScene,
  type StudioOptions,
} from "../../../../train/pocket/studio/scene_plan.ts";
import {
  drawLayer,
  emptyLayer,
  layerPlanes,
  resizeLayer,
} from "../../../../train/pocket/stages/layer.ts";
import { smallWorld } from "../small_world.ts";

const world = await smallWorld(64);

function scenes(count: number, options: StudioOptions = {}) {
  return Array.from(
    { length: count },
    (_, i) => drawStudioScene(world, random("studio test", i), options),
  );
}

Deno.test("the same stream draws the same scene, and each of its pictures alone is the same", () => {
  const draw = () => drawStudioScene(world, random(1, "scene", 3));
  const scene = draw();
  assertEquals(draw().picture, scene.picture);
  assertEquals(draw().composite, scene.composite);
  assertEquals(draw().caption, scene.caption);
  const stream = () => random(1, "scene", 3);
  assertEquals(drawStudioPicture(world, stream()), scene.picture);
  assertEquals(drawStudioComposite(world, stream()), scene.composite);
  const outline = outlineStudioScene(world, stream());
  assertEquals(outline.caption, scene.caption);
  for (const [z, { reference, box }] of scene.objects.entries()) {
    assertEquals(drawStudioReference(world, stream(), { z }), reference);
    assertEquals(outline.objects[z]!.box, box);
  }
});

Deno.test("objects with references come from the split, those of the caption from training", () => {
  for (const split of ["training", "heldOut"] as const) {
    for (const scene of scenes(30, { split })) {
      for (const { index } of scene.objects) {
        assertEquals(world.objects[index]!.heldOut, split === "heldOut");
      }
      for (const { index } of scene.captionObjects) {
        assert(!world.objects[index]!.heldOut);
      }
    }
  }
});

Deno.test("captions name ground and every object, those without a reference too", () => {
  const all = scenes(30);
  assert(all.some(({ captionObjects }) => captionObjects.length > 0));
  for (const { caption, ground, objects, captionObjects } of all) {
    assert(caption.includes(ground), caption);
    assert(ground.split(" ").every((word) => backdropWords.includes(word)));
    for (const { index } of [...objects, ...captionObjects]) {
      assert(caption.includes(world.objects[index]!.name), caption);
    }
  }
});

Deno.test("pictures of any size hold values that are colours, and boxes within them", () => {
  for (const [width, height] of [[128, 128], [128, 96], [72, 128]] as const) {
    for (const scene of scenes(8, { size: { width, height } })) {
      assertEquals(scene.picture.length, 3 * width * height);
      assertEquals(scene.composite.length, 3 * width * height);
      assert(scene.picture.every((value) => value >= 0 && value <= 1.0001));
      for (const { box: { x0, y0, x1, y1 } } of scene.objects) {
        assert(0 <= x0 && x0 < x1 && x1 <= 1 && 0 <= y0 && y0 < y1 && y1 <= 1);
      }
    }
  }
});

Deno.test("smaller objects are the same ones in smaller boxes", () => {
  const usual = scenes(12, { most: 1 });
  for (
    const [i, small] of scenes(12, { most: 1, objectScale: 0.5 }).entries()
  ) {
    const [{ index, box }] = usual[i]!.objects as [StudioScene["objects"][0]];
    const [one] = small.objects as [StudioScene["objects"][0]];
    assertEquals(one.index, index);
    const ratio = (one.box.x1 - one.box.x0) / (box.x1 - box.x0);
    assert(Math.abs(ratio - 0.5) < 0.05, `${ratio}`);
  }
});

Deno.test("references differ from the objects of the picture, more than by the ground", () => {
  const all = scenes(20, { most: 1 });
  const likeness = all.map(({ composite, picture, objects, size }) => {
    const mask = boxMask(objects.map(({ box }) => box), size);
    return meanOver(ssimMap(composite, picture, size), mask);
  });
  const mean = likeness.reduce((a, b) => a + b) / likeness.length;
  assert(mean < 0.75, `SSIM ${mean}`);
});

Deno.test("with surroundings references are opaque and the picture is the same", () => {
  const cut = scenes(3), whole = scenes(3, { is: false });
  for (const [i, scene] of whole.entries()) {
    assertEquals(scene.picture, cut[i]!.picture);
    for (const { layer } of scene.objects) {
      const alphas = layer.data.filter((_, i) => i % 4 === 3);
      assert(alphas.every((alpha) => alpha > 0.999));
    }
  }
});

Deno.test("the composite image is the references in their boxes, later ones in front", () => {
  const touching = ({ objects }: StudioScene) =>
    objects.some((a, i) =>
      objects.slice(i + 1).some((b) =>
        Math.min(a.box.x1, b.box.x1) > Math.max(a.box.x0, b.box.x0) &&
        Math.min(a.box.y1, b.box.y1) > Math.max(a.box.y0, b.box.y0)
      )
    );
  const crowded = scenes(20).filter(touching);
  assert(crowded.length > 2);
  for (const { objects, size, composite } of crowded) {
    const drawn = emptyLayer(size.width, size.height);
    for (const { layer, box, z } of objects.toSorted((a, b) => a.z - b.z)) {
      assertEquals(objects[z]!.box, box);
      const [x, y] = [box.x0 * size.width, box.y0 * size.height];
      const width = Math.round(box.x1 * size.width - x);
      const height = Math.round(box.y1 * size.height - y);
      drawLayer(drawn, resizeLayer(layer, width, height), x, y);
    }
    assertEquals(layerPlanes(drawn), composite);
  }
});
