import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocRefError } from "../../lib/error.ts";
import { decodeImage } from "../../lib/images/decode.ts";
import { encodeImage } from "../../lib/images/encode.ts";
import type { Raster } from "../../lib/images/raster.ts";
import { generate } from "../../lib/pipeline/generate.ts";
import type { LocRef } from "../../lib/pipeline/locref.ts";
import { writeFileAtomically } from "../../lib/write_file.ts";
import type { Detector, PictureEncoder } from "../rulers.ts";
import { sceneScorer } from "../score_picture.ts";
import { type Column, truthColumn } from "./columns.ts";
import {
  pathOf,
  type PictureRecord,
  readRecord,
  writeRecord,
} from "./record.ts";
import type { EvaluationScene } from "./scenes.ts";

/** What pictures are made and measured with. */
export interface Workshop {
  readonly model: LocRef;
  readonly detector: Detector;
  readonly encoder: PictureEncoder;
  readonly out: string;
  readonly steps?: number;
  /** Noise seeds are this one and those that follow, one a picture of a scene. */
  readonly seed: number;
}

/** Columns of `scene` that are not there yet. */
export async function missingColumns(
  out: string,
  key: string,
  columns: readonly Column[],
): Promise<Column[]> {
  const missing: Column[] = [];
  for (const column of columns) {
    if (await readRecord(out, column.id, key) === undefined) {
      missing.push(column);
    }
  }
  return missing;
}

/** Makes and scores the picture of one scene in one column, and writes both. */
export async function scoreScene(
  scene: EvaluationScene,
  column: Column,
  workshop: Workshop,
): Promise<void> {
  const { detector, encoder, out } = workshop;
  if (column === truthColumn && scene.truth === undefined) return;
  const { picture, seed } = await pictureOf(scene, column, workshop);
  const [found] = await detector.detect([picture]);
  const categories = scene.categories.map((name) =>
    name === undefined || !detector.classes.includes(name)
      ? undefined
      : detector.classes.indexOf(name)
  );
  const score = await sceneScorer(
    scene.cutOut,
    {
      encoder,
      detector: { ...detector, detect: () => Promise.resolve([found!]) },
    },
    { folder: scene.folder, categories },
  );
  const { instances, clipT } = await score(picture);
  const record: PictureRecord = {
    key: scene.key,
    column: column.id,
    ...(seed !== undefined && { seed }),
    width: picture.width,
    height: picture.height,
    instances: instances.map((one, i) => {
      const { x0, y0, x1, y1 } = scene.cutOut.instances[i]!.box;
      return {
        ...(scene.categories[i] !== undefined &&
          { category: scene.categories[i] }),
        box: [x0, y0, x1, y1],
        ...one,
      };
    }),
    ...(clipT !== undefined && { clipT }),
    detections: found!,
  };
  await writeRecord(out, record);
}

async function pictureOf(
  scene: EvaluationScene,
  column: Column,
  { model, steps, seed, out }: Workshop,
): Promise<{ picture: Raster; seed?: number }> {
  const path = `${pathOf(out, column.id, scene.key)}.png`;
  if (column === truthColumn) {
    await keep(path, scene.truth!);
    return { picture: scene.truth! };
  }
  if (column.pictures !== undefined) {
    const picture = await foreignPicture(column.pictures, scene.key);
    await keep(path, picture);
    return { picture };
  }
  const data = column.layout!.is ? scene.cutOut : scene.withBackground;
  const picture = await generate(data, {
    model,
    seed,
    steps,
    layout: column.layout,
    folder: scene.folder,
  });
  await picture.save(path);
  return { picture, seed };
}

async function keep(path: string, picture: Raster): Promise<void> {
  await writeFileAtomically(
    path,
    await encodeImage(picture, { format: "png" }),
  );
}

async function foreignPicture(folder: string, key: string): Promise<Raster> {
  const endings = ["png", "jpg", "jpeg", "webp"];
  const path = endings.map((ending) => join(folder, `${key}.${ending}`))
    .find((path) => existsSync(path));
  if (path !== undefined) return await decodeImage(path, { name: path });
  throw new LocRefError(
    "file-missing",
    `Folder ${folder} has no picture of scene ${key}: ${key}.png was expected (or .jpg, .jpeg, .webp)`,
  );
}
