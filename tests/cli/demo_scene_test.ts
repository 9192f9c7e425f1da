import { assert, assertEquals } from "@std/assert";
import { demoScene, variationsOf } from "../../cli/demo_scene.ts";

function differ(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

Deno.test("the demo's variations change the caption, one box, and one reference, and nothing else", async () => {
  const demo = await demoScene();
  const before = demo.toJSON();
  const [words, moved, replaced, ...more] = (await variationsOf(demo))
    .map(({ scene }) => scene.toJSON());
  assertEquals(more, []);

  assert(differ(words!.caption, before.caption));
  assertEquals({ ...words!, caption: before.caption }, before);

  const [box] = moved!.instances;
  assert(differ(box!.box, before.instances[0]!.box));
  assertEquals({ ...box!, box: before.instances[0]!.box }, before.instances[0]);
  assertEquals(moved!.instances.slice(1), before.instances.slice(1));

  const picture = replaced!.instances[1]!;
  assert(differ(picture.reference, before.instances[1]!.reference));
  assertEquals(picture.box, before.instances[1]!.box);
  assertEquals(replaced!.caption, before.caption);
});

Deno.test("variations name the instance that changed, where one did", async () => {
  const demo = await demoScene();
  const { instances } = demo.toJSON();
  for (const { scene, changed } of await variationsOf(demo)) {
    const different = scene.toJSON().instances.flatMap((one, i) =>
      differ(one, instances[i]) ? [i] : []
    );
    assertEquals(different, changed === undefined ? [] : [changed]);
  }
});

Deno.test("the demo's boxes overlap neither before nor after one is moved", async () => {
  const demo = await demoScene();
  const variations = await variationsOf(demo);
  const scenes = [demo, ...variations.map(({ scene }) => scene)];
  for (const scene of scenes) {
    const boxes = scene.toJSON().instances.map(({ box }) => box);
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const apart = a.x1 <= b.x0 || b.x1 <= a.x0 || a.y1 <= b.y0 ||
          b.y1 <= a.y0;
        assert(apart, JSON.stringify([a, b]));
      }
    }
  }
});

Deno.test("the demo's pictures are found from any current folder", async () => {
  const demo = await demoScene();
  const before = Deno.cwd();
  Deno.chdir(await Deno.makeTempDir());
  try {
    for (const { scene } of await variationsOf(demo)) await scene.preview();
  } finally {
    const folder = Deno.cwd();
    Deno.chdir(before);
    await Deno.remove(folder);
  }
});
