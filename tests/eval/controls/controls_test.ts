import { assert, assertEquals } from "@std/assert";
import { controlRow } from "../../../eval/controls/control_row.ts";
import { controlScenes } from "../../../eval/controls/control_scene.ts";
import { scorePicture } from "../../../eval/controls/control_scores.ts";
import { controls } from "../../../eval/controls/controls.ts";

const { scenes } = await controlScenes({
  seed: 3,
  count: 24,
  sizes: [{ width: 128, height: 128 }],
});
const rows = new Map(controls.map(({ name, draw }) => {
  const scores = scenes.map((scene, i) => scorePicture(draw(scenes, i), scene));
  return [name, controlRow(name, scores)];
}));

Deno.test("a paste of the references lies far below the truth", () => {
  const paste = rows.get("paste on the caption's colour")!;
  const informed = rows.get("paste on the caption's ground")!;
  assert(paste.ssim.value < 0.75 && paste.ssimInside.value < 0.6);
  assert(informed.ssim.value < 0.88 && informed.ssimInside.value < 0.72);
});

Deno.test("rulers put pictures in their order: truth, paste, silhouettes, another scene", () => {
  const order = [
    "truth",
    "truth, blurred 2 px",
    "paste on the caption's ground",
    "paste on the caption's colour",
    "silhouettes in the mean colour",
    "truth of another scene",
  ].map((name) => rows.get(name)!.ssimInside.value);
  for (const [i, value] of order.slice(1).entries()) {
    assert(value < order[i]!, `${order}`);
  }
});

Deno.test("a blur shows in edge energy", () => {
  const edges = (name: string) => rows.get(name)!.edges.value;
  assert(edges("truth, blurred 2 px") < 0.3);
  assert(edges("paste, blurred 2 px") < edges("paste, blurred 1 px"));
});

Deno.test("the farther a truth is displaced, the fewer decibels it has", () => {
  const inside = (name: string) => rows.get(name)!.psnrInside.value;
  assert(inside("truth, moved 2 px") < inside("truth, moved 1 px") - 2);
  assert(inside("truth, turned 5°") < inside("truth, turned 2°") - 2);
});

Deno.test("where sizes take turns, the truth of another scene has the scene's own size", async () => {
  const sizes = [[96, 64], [64, 128]] as const;
  const { scenes } = await controlScenes({
    ...{ seed: 3, count: 5 },
    sizes: sizes.map(([width, height]) => ({ width, height })),
  });
  const { draw } = controls.find(({ name }) =>
    name === "truth of another scene"
  )!;
  for (const [i, other] of [2, 3, 4, 1, 0].entries()) {
    assertEquals(draw(scenes, i), scenes[other]!.picture);
  }
});
