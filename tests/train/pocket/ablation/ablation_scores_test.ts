import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { ablationPlot } from "../../../../train/pocket/ablation/ablation_plot.ts";
import {
  ablationTable,
  compared,
} from "../../../../train/pocket/ablation/ablation_report.ts";
import { ablationScenes } from "../../../../train/pocket/ablation/ablation_scenes.ts";
import {
  type PictureScore,
  scoreRow,
} from "../../../../train/pocket/ablation/ablation_scores.ts";
import { loadPocketWorld } from "../../../../train/pocket/world/scenes.ts";

const world = await loadPocketWorld();
const scenes = await ablationScenes(world, { seed: 4, scenes: 6 });
const classes = [...new Set(world.objects.map(({ subgroup }) => subgroup))]
  .sort();

/** What a detector with perfect boxes says; `category` names the class of each object. */
function seen(
  category: (own: number) => number,
  similarity: number,
): PictureScore[] {
  return scenes.map(({ truth }) => ({
    scene: truth,
    detections: truth.objects.map(({ index, box }) => ({
      box: [box.x0, box.y0, box.x1, box.y1] as const,
      category: category(classes.indexOf(world.objects[index]!.subgroup)),
      score: 0.9,
    })),
    similarities: truth.objects.map(() => similarity),
  }));
}

const perfect = scoreRow("perfect", [seen((own) => own, 1)], {
  world,
  classes,
});

Deno.test("every object found in its place with its class scores 1", () => {
  assertAlmostEquals(perfect.map, 1, 1e-9);
  assertAlmostEquals(perfect.map50, 1, 1e-9);
  assertAlmostEquals(perfect.clip_i, 1, 1e-9);
});

Deno.test("objects of wrong classes count only where classes are taken as one", () => {
  const wrong = seen((own) => (own + 1) % classes.length, 0.5);
  const row = scoreRow("wrong", [wrong], { world, classes });
  assert(row.map50 < 0.5, String(row.map50));
  assertAlmostEquals(row.map50Agnostic, 1, 1e-9);
});

Deno.test("an object that two classes claim is one detection where classes are taken as one", () => {
  const twice = seen((own) => own, 1).map((one) => ({
    ...one,
    detections: one.detections.flatMap((found) => [
      found,
      { ...found, category: (found.category + 1) % classes.length },
    ]),
  }));
  const row = scoreRow("twice", [twice], { world, classes });
  assertAlmostEquals(row.map50Agnostic, 1, 1e-9);
});

Deno.test("a row is the mean over its seeds, and its interval draws whole scenes", () => {
  const row = scoreRow("two", [seen((own) => own, 1), seen((own) => own, 0)], {
    world,
    classes,
  });
  assertAlmostEquals(row.clip_i, 0.5, 1e-9);
  // seeds differ and scenes do not: an interval over scenes has no width
  assertEquals(row.ci95.clip_i, [0.5, 0.5]);
});

Deno.test("table and plot show every row beside the ceiling", () => {
  const row = { ...perfect, name: "+GRG", map50: 0.5 };
  const results = {
    compared,
    model: "pocket",
    seed: 4,
    scenes: 6,
    seeds: 1,
    steps: 20,
    ceiling: perfect,
    rows: [row],
  };
  const table = ablationTable(results).split("\n");
  assertEquals(table.length, 4);
  assert(table[2]!.startsWith("| +GRG |"));
  assert(table[2]!.includes("0.50"));
  const plot = ablationPlot(results);
  assert(plot.includes("+GRG") && plot.includes("ceiling"));
});
