import { startProgress } from "../../lib/core/command/progress.ts";
import type { Ranks } from "../../train/ranks/ranks.ts";
import { listenForStop } from "../../train/loop/stop_request.ts";
import type { Column } from "./columns.ts";
import type { SceneSource } from "./scene_source.ts";
import { missingColumns, scoreScene, type Workshop } from "./score_scenes.ts";

/** Who makes the pictures, and with what. */
interface Share {
  readonly workshop: Workshop;
  readonly ranks: Ranks;
  /** The columns together, in the progress line. @default {"eval"} */
  readonly label?: string;
}

/**
 * Makes and scores what is missing of all scenes, each rank its share.
 *
 * @returns whether any rank got a request to stop before its share was done.
 */
export async function makePictures(
  source: SceneSource,
  columns: readonly Column[],
  share: Share,
): Promise<boolean> {
  const { ranks } = share;
  const own = await makeShare(source, columns, share);
  const stopped = new Float32Array([own ? 1 : 0]);
  await ranks.sum(stopped);
  return stopped[0]! > 0;
}

async function makeShare(
  source: SceneSource,
  columns: readonly Column[],
  { workshop, ranks, label = "eval" }: Share,
): Promise<boolean> {
  const mine = [...source.keys.keys()]
    .filter((i) => i % ranks.size === ranks.rank);
  const stop = listenForStop(() =>
    console.error("Stopping after this picture; once more to stop at once")
  );
  const total = mine.length * columns.length;
  const progress = startProgress(label, { total, unit: "pictures" });
  let done = 0;
  try {
    for (const i of mine) {
      const key = source.keys[i]!;
      const missing = await missingColumns(workshop.out, key, columns);
      done += columns.length - missing.length;
      if (missing.length === 0) continue;
      const scene = await source.read(i);
      for (const column of missing) {
        if (stop.requested) return true;
        await scoreScene(scene, column, ofScene(workshop, i));
        progress.update(++done, column.name);
      }
    }
    return false;
  } finally {
    progress.end();
    stop.close();
  }
}

/** Every scene has noise of its own, which is the same in every column. */
function ofScene(workshop: Workshop, index: number): Workshop {
  const { settings } = workshop;
  const seed = (settings.seed ?? 0) + index;
  return { ...workshop, settings: { ...settings, seed } };
}
