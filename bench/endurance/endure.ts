/** Many pictures in one process, some of them aborted, and models freed under their runs. */

import process from "node:process";
import { LocRefError } from "../../lib/core/error.ts";
import { LocRef } from "../../lib/model/locref.ts";
import type { BackendName } from "../../lib/ops/backends.ts";
import { scene } from "../../lib/scene/begin_scene.ts";
import { benchScene } from "../bench_scene.ts";

/** How a run ended. */
export type RunEnd = "picture" | "aborted" | "disposed";

/** A turn of {@linkcode endure}: a picture, and whatever happened beside it. */
export interface Turn {
  /** Number of the turn, from 0. */
  readonly turn: number;
  /** Ends of all runs of the turn, that of its own picture first. */
  readonly ends: readonly RunEnd[];
  readonly ms: number;
  /** Memory of the process after it, in bytes. */
  readonly memory: number;
}

/** Options of {@linkcode endure}. */
export interface EndureOptions {
  readonly backend: BackendName | "auto";
  /** Turns, each with one picture of one step. */
  readonly pictures: number;
  /** Called after each turn. */
  readonly onTurn?: (turn: Turn) => void;
}

/** Seeds that come again, so that a picture can be compared with an earlier one. */
const seeds = 4;

/** Turns after which the same things happen again. */
const cycle = 20;

/** One step on a caption alone. */
const oneStep = { steps: 1 } as const;

/**
 * Makes pictures of one step on one model, turn by turn. Of twenty turns, one aborts its own picture
 * in the middle, one aborts a picture with references between its steps, and three free models of
 * their own: under a run and twice, before the first program is compiled, and two of them in the
 * other order than they were loaded in.
 *
 * @throws {Error} if a picture differs from an earlier one of its seed, or a run ends otherwise than
 * with a picture, the signal's reason, or `disposed`.
 */
export async function endure(
  { backend, pictures, onTurn }: EndureOptions,
): Promise<Turn[]> {
  const model = await LocRef.load("pocket", { backend });
  const load = () => LocRef.load("pocket", { backend });
  const known = new Map<number, Uint8Array>();
  const turns: Turn[] = [];
  let usual = 0; // milliseconds of a picture
  try {
    for (let turn = 0; turn < pictures; turn++) {
      const began = performance.now();
      const seed = turn % seeds;
      const kind = turn % cycle;
      const after = usual * (turn * 0.618 % 1);
      const signal = kind === 1 ? abortAfter(after) : undefined;
      const own = end(async () => {
        const { data } = await star().generate({
          ...{ ...oneStep, model, seed, signal },
        });
        checkSame(known, seed, data);
      });
      const ends = [own, ...besides(kind, { model, load, after })];
      const turned = {
        turn,
        ends: (await Promise.all(ends)).flat(),
        ms: performance.now() - began,
        memory: process.memoryUsage().rss,
      };
      if (kind === 0) usual = turned.ms;
      turns.push(turned);
      onTurn?.(turned);
    }
  } finally {
    await Promise.all([model.dispose(), model.dispose()]);
  }
  return turns;
}

/** What a turn's incident works with. */
interface Incident {
  readonly model: LocRef;
  readonly load: () => Promise<LocRef>;
  /** Milliseconds after which something is stopped. */
  readonly after: number;
}

/** Runs beside a turn's own picture. */
function besides(
  kind: number,
  { model, load, after }: Incident,
): Promise<RunEnd | RunEnd[]>[] {
  switch (kind) {
    case 5:
      return [end(() => abortedBetweenSteps(model))];
    case 9:
      return [freedUnderItsRun(load, after)];
    case 13:
      return [freedUnderItsRun(load, 0)];
    case 17:
      return [freedInOtherOrder(load, after)];
    default:
      return [];
  }
}

function star() {
  return scene().caption("a star");
}

function abortAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller.signal;
}

/** A picture with references, whose keys, values and masks lie on the device when it is left. */
async function abortedBetweenSteps(model: LocRef): Promise<void> {
  const controller = new AbortController();
  await benchScene().generate({
    ...{ model, steps: 4, signal: controller.signal },
    onStep: ({ step }) => {
      if (step === 3) controller.abort();
    },
  });
}

async function freedUnderItsRun(
  load: Incident["load"],
  after: number,
): Promise<RunEnd> {
  const model = await load();
  const run = end(() => star().generate({ ...oneStep, model }));
  await passed(after);
  await Promise.all([model.dispose(), model.dispose()]);
  await model.dispose();
  return await run;
}

async function freedInOtherOrder(
  load: Incident["load"],
  after: number,
): Promise<RunEnd[]> {
  const older = await load(), younger = await load();
  const controller = new AbortController();
  const runs = [
    end(() => star().generate({ ...oneStep, model: older })),
    end(() =>
      star().generate({
        ...{ ...oneStep, model: younger, signal: controller.signal },
      })
    ),
  ];
  await passed(after);
  controller.abort();
  const freed = younger.dispose();
  await older.dispose();
  await freed;
  return await Promise.all(runs);
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How a run ends; what is neither a picture nor one of its two errors is thrown. */
async function end(run: () => Promise<unknown>): Promise<RunEnd> {
  try {
    await run();
    return "picture";
  } catch (error) {
    if (error instanceof LocRefError && error.code === "disposed") {
      return "disposed";
    }
    if ((error as Error).name === "AbortError") return "aborted";
    throw error;
  }
}

/** Refuses a picture that differs from the first of its seed. */
function checkSame(
  known: Map<number, Uint8Array>,
  seed: number,
  data: Uint8Array,
): void {
  const first = known.get(seed) ?? data;
  known.set(seed, first);
  if (data.every((value, i) => value === first[i])) return;
  throw new Error(`The picture of seed ${seed} differs from its first`);
}
