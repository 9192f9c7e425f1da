import { random } from "../../lib/core/random.ts";
import type { Interval } from "../run/bootstrap.ts";
import type { ObjectScores, SceneScores } from "./control_scores.ts";

/** One score with the interval that holds it with 95 % confidence. */
export interface Score {
  readonly value: number;
  readonly ci95: Interval;
}

/** One row of the table: a way to pictures, and its scores. */
export interface ControlRow {
  readonly name: string;
  /** Decibels of the whole picture, and inside boxes. */
  readonly psnr: Score;
  readonly psnrInside: Score;
  readonly ssim: Score;
  readonly ssimInside: Score;
  /** Edge energy inside boxes, of the truth's. */
  readonly edges: Score;
  /** Root of the mean square difference of boxes' mean colours. */
  readonly colour: Score;
  /** COCO's AP over IoU 0.5 to 0.95 and at 0.5; absent without a detector. */
  readonly map?: Score;
  readonly map50?: Score;
  /** Part of the objects that are the nearest of all to their boxes; absent without an encoder. */
  readonly retrieval?: Score;
}

/** How often scenes and objects are drawn anew. */
const rounds = 500;

/** How often each scene and each object counts in a draw. */
interface Draw {
  scene(index: number): number;
  object(index: number): number;
}

type Statistic = (scenes: readonly SceneScores[], draw: Draw) => number;

const once: Draw = { scene: () => 1, object: () => 1 };

/** The mean over objects, each as often as its scene and it are drawn. */
function overObjects(
  scenes: readonly SceneScores[],
  draw: Draw,
  parts: (one: ObjectScores) => readonly [number, number],
): number {
  let above = 0, below = 0;
  for (const [i, { objects }] of scenes.entries()) {
    for (const one of objects) {
      const times = draw.scene(i) * draw.object(one.object);
      const [sum, count] = parts(one);
      above += times * sum;
      below += times * count;
    }
  }
  return above / below;
}

function overScenes(
  scenes: readonly SceneScores[],
  draw: Draw,
  parts: (one: SceneScores) => readonly [number, number],
): number {
  let above = 0, below = 0;
  for (const [i, scene] of scenes.entries()) {
    const [sum, count] = parts(scene);
    above += draw.scene(i) * sum;
    below += draw.scene(i) * count;
  }
  return above / below;
}

const decibels = (error: number) => -10 * Math.log10(Math.max(1e-9, error));

const statistics = {
  psnr: (scenes, draw) =>
    decibels(
      overScenes(scenes, draw, ({ error }) => [error.sum, error.count]),
    ),
  psnrInside: (scenes, draw) =>
    decibels(
      overObjects(scenes, draw, ({ error }) => [error.sum, error.count]),
    ),
  ssim: (scenes, draw) => overScenes(scenes, draw, ({ ssim }) => [ssim, 1]),
  ssimInside: (scenes, draw) =>
    overObjects(scenes, draw, ({ ssim }) => [ssim, 1]),
  edges: (scenes, draw) => overObjects(scenes, draw, ({ edges }) => edges),
  colour: (scenes, draw) =>
    Math.sqrt(overObjects(scenes, draw, ({ colour }) => [colour ** 2, 1])),
} as const satisfies Record<string, Statistic>;

const retrieval: Statistic = (scenes, draw) =>
  overObjects(scenes, draw, ({ found }) => [Number(found), 1]);

/**
 * Scores of pictures, one list over all scenes.
 *
 * Intervals draw scenes and objects anew, both at once: there are few held-out objects, and each
 * occurs in many scenes. Whole pictures have no object, so theirs draw scenes only.
 */
export function controlRow(
  name: string,
  scenes: readonly SceneScores[],
): ControlRow {
  const ids = [
    ...new Set(
      scenes.flatMap(({ objects }) => objects.map(({ object }) => object)),
    ),
  ];
  const draws = Array.from(
    { length: rounds },
    (_, round) => drawn(scenes.length, ids, round),
  );
  const score = (statistic: Statistic): Score => {
    const values = draws.map((draw) => statistic(scenes, draw))
      .filter(Number.isFinite).sort((a, b) => a - b);
    const at = (share: number) => values[Math.floor(share * values.length)]!;
    return { value: statistic(scenes, once), ci95: [at(0.025), at(0.975)] };
  };
  const isSearched = scenes.some(({ objects }) =>
    objects.some(({ found }) => found !== undefined)
  );
  return {
    name,
    psnr: score(statistics.psnr),
    psnrInside: score(statistics.psnrInside),
    ssim: score(statistics.ssim),
    ssimInside: score(statistics.ssimInside),
    edges: score(statistics.edges),
    colour: score(statistics.colour),
    ...(isSearched && { retrieval: score(retrieval) }),
  };
}

function drawn(scenes: number, ids: readonly number[], round: number): Draw {
  const stream = random("controls", "bootstrap", round);
  const ofScene = new Map<number, number>(), ofId = new Map<number, number>();
  const count = (counts: Map<number, number>, key: number) =>
    counts.set(key, (counts.get(key) ?? 0) + 1);
  for (let i = 0; i < scenes; i++) count(ofScene, stream.integer(scenes));
  for (let i = 0; i < ids.length; i++) {
    count(ofId, ids[stream.integer(ids.length)]!);
  }
  return {
    scene: (index) => ofScene.get(index) ?? 0,
    object: (index) => ofId.get(index) ?? 0,
  };
}

/** Rows as a table in Markdown, with intervals in brackets. */
export function controlTable(rows: readonly ControlRow[]): string {
  const columns: readonly [
    string,
    (row: ControlRow) => Score | undefined,
    number,
  ][] = [
    ["PSNR", (row) => row.psnr, 1],
    ["PSNR inside", (row) => row.psnrInside, 1],
    ["SSIM", (row) => row.ssim, 3],
    ["SSIM inside", (row) => row.ssimInside, 3],
    ["edges", (row) => row.edges, 2],
    ["colour", (row) => row.colour, 3],
    ["mAP", (row) => row.map, 3],
    ["mAP@50", (row) => row.map50, 3],
    ["retrieval@1", (row) => row.retrieval, 3],
  ];
  const shown = columns.filter(([, read]) => read(rows[0]!) !== undefined);
  const cell = (score: Score | undefined, digits: number) =>
    score === undefined
      ? ""
      : `${score.value.toFixed(digits)} (${
        score.ci95.map((end) => end.toFixed(digits)).join("–")
      })`;
  const lines = [
    ["", ...shown.map(([name]) => name)],
    ["---", ...shown.map(() => "--:")],
    ...rows.map((row) => [
      row.name,
      ...shown.map(([, read, digits]) => cell(read(row), digits)),
    ]),
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
