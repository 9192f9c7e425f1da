import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import { decodeImage } from "../../lib/images/decode.ts";
import { encodeImage } from "../../lib/images/encode.ts";
import type { Raster } from "../../lib/images/raster.ts";
import { makePicture } from "../../lib/pipeline/make_picture.ts";
import type { Picture } from "../../lib/pipeline/picture.ts";
import type { PictureOptions } from "../../lib/pipeline/options/picture_options.ts";
import type { LoadedModel } from "../../lib/pipeline/load/loaded_model.ts";
import { hashFile } from "../../lib/weights/safetensors/hash_file.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import type {
  Detector,
  PictureEncoder,
} from "../../lib/pipeline/options/rulers.ts";
import type { Column } from "./columns.ts";
import { foreignPath } from "./foreign_pictures.ts";
import { measurePicture } from "./measure_picture.ts";
import { phrasedScene } from "./runners/phrased_scene.ts";
import { pathOf, readRecord, writeRecord } from "./record.ts";
import type { EvaluationScene } from "./scene_source.ts";

/** Models and rulers for pictures. */
export interface Workshop {
  readonly model: LoadedModel;
  readonly detector: Detector;
  readonly encoder: PictureEncoder;
  readonly out: string;
  /** Steps, guidance, sampler, and the noise's seed, the same for every scene and column. */
  readonly settings:
    & Pick<PictureOptions, "steps" | "guidance" | "sampler" | "methods">
    & { seed?: number };
}

/** Columns of `scene` that are missing, or whose pictures have changed. */
export async function missingColumns(
  out: string,
  key: string,
  columns: readonly Column[],
): Promise<Column[]> {
  const missing: Column[] = [];
  for (const column of columns) {
    const record = await readRecord(out, column.id, key);
    const changed = record !== undefined && column.pictures !== undefined &&
      record.source !== await hashFile(foreignPath(column.pictures, key)!);
    if (record === undefined || changed) missing.push(column);
  }
  return missing;
}

/** Makes and scores the picture of one scene in one column, and writes both. */
export async function scoreScene(
  scene: EvaluationScene,
  column: Column,
  workshop: Workshop,
): Promise<void> {
  const { out } = workshop;
  if (column.drawn && scene[column.drawn] === undefined) return;
  const { picture, ...origin } = await pictureOf(scene, column, workshop);
  const measured = await measurePicture(picture, scene, workshop);
  const record = { key: scene.key, column: column.id, ...origin, ...measured };
  await writeRecord(out, record);
}

/** A picture, and its origin by its record. */
async function pictureOf(
  scene: EvaluationScene,
  column: Column,
  { model, settings, out }: Workshop,
): Promise<{ picture: Raster; seed?: number; source?: string }> {
  const path = `${pathOf(out, column.id, scene.key)}.png`;
  if (column.drawn) {
    const picture = scene[column.drawn]!;
    await keep(path, picture);
    return { picture };
  }
  if (column.pictures !== undefined) {
    const source = foreignPath(column.pictures, scene.key)!;
    const picture = await decodeImage(source, { name: source });
    await keep(path, picture);
    return { picture, source: await hashFile(source) };
  }
  const picture = await namingScene(
    { scene, column },
    () => drawColumn(scene, column, { ...settings, model }),
  );
  await picture.save(path);
  return { picture, seed: settings.seed };
}

/** The picture that a model makes of a scene, under the switches of a column of the model's own. */
export async function drawColumn(
  given: EvaluationScene,
  { fusion }: Column,
  { model, ...options }: PictureOptions & { readonly model: LoadedModel },
): Promise<Picture> {
  const { cutOut, withBackground, folder } = given;
  const scene = fusion === undefined
    ? phrasedScene(given, model.parts.adapters)
    : fusion.is
    ? cutOut
    : withBackground;
  return await makePicture({ scene, model }, {
    ...options,
    ...(fusion && { fusion }),
    folder,
  });
}

/** Names the scene and the column in a refusal of a scene, since a run has many of both. */
async function namingScene<T>(
  { scene, column }: { scene: EvaluationScene; column: Column },
  make: () => Promise<T>,
): Promise<T> {
  try {
    return await make();
  } catch (cause) {
    if (!(cause instanceof LocRefError) || cause.code !== "scene-invalid") {
      throw cause;
    }
    throw new LocRefError(
      "scene-invalid",
      `Scene ${quote(scene.key)} in column ${
        quote(column.id)
      }: ${cause.message}`,
      { cause },
    );
  }
}

async function keep(path: string, picture: Raster): Promise<void> {
  await writeFileAtomically(
    path,
    await encodeImage(picture, { format: "png" }),
  );
}
