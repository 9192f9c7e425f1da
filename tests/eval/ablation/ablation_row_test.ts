import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { ablationPlot } from "../../../eval/ablation/ablation_plot.ts";
import {
  ablationTable,
  compared,
} from "../../../eval/ablation/ablation_report.ts";
import { ablationRow } from "../../../eval/ablation/ablation_row.ts";
import { pocketScenes } from "../../../eval/run/pocket_scenes.ts";
import type { Measurement } from "../../../eval/run/record.ts";
import { LocRefError } from "../../../lib/core/error.ts";

const source = await pocketScenes({ count: 6, seed: 4 });
const scenes = await Promise.all(
  [...source.keys.keys()].map((i) => source.read(i)),
);
const classes = [...new Set(scenes.flatMap((one) => one.categories))]
  .map((name) => name!).sort();

/** Pictures as a detector with perfect boxes measures them; `category` changes each object's class. */
function seen(
  category: (own: number) => number,
  similarity: number,
): Measurement[] {
  return scenes.map(({ cutOut, categories }) => {
    const boxes = cutOut.instances.map(({ box: { x0, y0, x1, y1 } }) =>
      [x0, y0, x1, y1] as const
    );
    return {
      ...{ width: 128, height: 128 },
      instances: boxes.map((box, i) => ({
        ...{ box, category: categories[i]!, clipICutOut: similarity },
      })),
      detections: boxes.map((box, i) => ({
        ...{ box, score: 0.9 },
        category: category(classes.indexOf(categories[i]!)),
      })),
    };
  });
}

const perfect = ablationRow("perfect", [seen((own) => own, 1)], classes);

Deno.test("every object found in its place with its class scores 1", () => {
  assertAlmostEquals(perfect.map, 1, 1e-9);
  assertAlmostEquals(perfect.map50, 1, 1e-9);
  assertAlmostEquals(perfect.clip_i, 1, 1e-9);
});

Deno.test("objects of wrong classes count only where classes are taken as one", () => {
  const wrong = seen((own) => (own + 1) % classes.length, 0.5);
  const row = ablationRow("wrong", [wrong], classes);
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
  const row = ablationRow("twice", [twice], classes);
  assertAlmostEquals(row.map50Agnostic, 1, 1e-9);
});

Deno.test("a row is the mean over its seeds, and its interval draws whole scenes", () => {
  const lost = seen((own) => own, 0).map((one) => ({ ...one, detections: [] }));
  const row = ablationRow("two", [seen((own) => own, 1), lost], classes);
  assertAlmostEquals(row.clip_i, 0.5, 1e-9);
  assertAlmostEquals(row.map50, 0.5, 1e-9);
  // seeds differ and scenes do not: an interval over scenes has no width
  assertEquals(row.ci95.clip_i, [0.5, 0.5]);
});

Deno.test("a detector that lacks a class of the scenes is refused with the class's name", () => {
  const [first, ...rest] = classes;
  const error = assertThrows(
    () => ablationRow("few", [seen((own) => own - 1, 1)], rest),
    LocRefError,
  );
  assert(error.message.includes(`"${first}"`), error.message);
});

Deno.test("table and plot show every row beside the ceiling", () => {
  const row = { ...perfect, name: "+GRG", map50: 0.5 };
  const results = {
    ...{ compared, model: "pocket", seed: 4, scenes: 6, seeds: 1, steps: 20 },
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
