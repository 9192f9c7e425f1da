import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { pixelBox } from "../../lib/images/composite.ts";
import { decodeImage } from "../../lib/images/decode.ts";
import { toDataUrl } from "../../lib/images/encode.ts";
import type { Raster } from "../../lib/images/raster.ts";
import { cropRaster } from "../../lib/images/resize.ts";
import { categoryOf } from "../../lib/scene_data/labels.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { parseScene } from "../../lib/scene_data/parse_scene.ts";
import type { SceneData } from "../../lib/scene_data/scene_data.ts";
import type { FractionBox } from "../../lib/core/geometry.ts";
import { openDataset } from "../../train/dataset/read/open_dataset.ts";
import type { OpenedSample } from "../../train/dataset/read/read_sample.ts";
import { sha256 } from "../../lib/core/files/hash.ts";
import type { Sample } from "../../train/dataset/build/sample.ts";
import { sourceNames } from "../../train/dataset/sources/dataset_sources.ts";
import type {
  EvaluationScene,
  OpenScenesOptions,
  SceneSource,
} from "./scene_source.ts";

/** Scenes of a data set's samples, or `undefined` if `folder` holds none. */
export async function datasetScenes(
  folder: string,
  { count }: OpenScenesOptions,
): Promise<SceneSource | undefined> {
  if (!existsSync(folder)) return undefined;
  const names = await readdir(folder);
  if (!names.some((name) => name.endsWith(".tar"))) return undefined;
  const dataset = await openDataset(folder);
  const order = dataset.lines.map(({ key }, index) => ({ key, index }))
    .sort((a, b) => a.key < b.key ? -1 : 1).slice(0, count);
  const ids = order.map(({ index }) => dataset.lines[index]!);
  return {
    keys: order.map(({ key }) => key),
    version: sha256(JSON.stringify(ids)),
    read: async (index) =>
      await sampleScene(await dataset.read(order[index]!.index)),
  };
}

async function sampleScene(
  { sample, jpg, refs }: OpenedSample<Sample>,
): Promise<EvaluationScene> {
  const truth = await decodeImage(jpg, { name: sample.key });
  const boxes = sample.instances.map(({ box_xyxy_fraction: edges }) => {
    const [x0, y0, x1, y1] = edges;
    return { x0, y0, x1, y1 };
  });
  const rasters = await Promise.all(
    refs.map((bytes, i) =>
      decodeImage(bytes, { name: `${sample.key}.ref${i}` })
    ),
  );
  const surrounded = rasters.map((raster, i) =>
    sample.instances[i]!.reference === undefined
      ? cropRaster(truth, pixelBox(boxes[i]!, truth))
      : raster
  );
  const categories = sample.instances.map(({ category }) => category);
  const caption = sample.caption ?? captionOf(categories);
  const made = (references: readonly Raster[], cutout: string) =>
    sceneOf({ caption, boxes, references, cutout }, truth);
  return {
    key: sample.key,
    cutOut: await made(rasters, "alpha"),
    withBackground: await made(surrounded, "none"),
    categories,
    truth,
  };
}

/** Stand-in for a missing caption. */
function captionOf(categories: readonly string[]): string {
  const things = categories.map((name) =>
    `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name.toLowerCase()}`
  );
  return `a photo of ${things.join(" and ")}`;
}

async function sceneOf(
  parts: {
    caption: string;
    boxes: readonly FractionBox[];
    references: readonly Raster[];
    cutout: string;
  },
  { width, height }: Raster,
): Promise<SceneData> {
  const { caption, boxes, references, cutout } = parts;
  const urls = await Promise.all(references.map((one) => toDataUrl(one)));
  const instances = urls.map((reference, i) => ({
    reference,
    box: boxes[i]!,
    scale: 1,
    start: 0,
    end: 1,
    z: 0,
    cutout,
  }));
  const size = { width, height };
  return { version: 1, size, caption, negative: "", instances };
}

/** Scenes that somebody wrote, one JSON file each; they have no real pictures. */
export async function folderScenes(
  folder: string,
  { count }: OpenScenesOptions,
): Promise<SceneSource> {
  const names = existsSync(folder)
    ? (await readdir(folder)).filter((name) => name.endsWith(".json")).sort()
      .slice(0, count)
    : [];
  if (names.length === 0) {
    throw new LocRefError(
      "file-missing",
      `Scenes "${folder}" do not exist: it must be "pocket", ${
        sourceNames().map((one) => `${one}:…`).join(", ")
      }, or a folder with shards or scenes (*.json)`,
    );
  }
  const keys = names.map((name) => basename(name, ".json"));
  const scenes = await Promise.all(
    names.map((name) => readScene(join(folder, name))),
  );
  return {
    keys,
    version: sha256(JSON.stringify(scenes)),
    read: (index) => {
      const scene = scenes[index]!;
      return Promise.resolve({
        key: keys[index]!,
        cutOut: scene,
        withBackground: scene,
        categories: scene.instances.map(categoryOf),
        folder,
      });
    },
  };
}

async function readScene(path: string): Promise<SceneData> {
  const json = await readJson(path);
  try {
    return parseScene(json);
  } catch (cause) {
    const { message } = cause as Error;
    throw new LocRefError("scene-invalid", `File "${path}": ${message}`, {
      cause,
    });
  }
}
