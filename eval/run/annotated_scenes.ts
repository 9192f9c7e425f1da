import { pictureDefaults } from "../../train/dataset/options.ts";
import { datasetSources } from "../../train/dataset/sources/dataset_sources.ts";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import {
  buildDataset,
  type BuildResult,
} from "../../train/dataset/build/build.ts";
import {
  flagOf,
  type Options,
  type Values,
} from "../../lib/core/command/option.ts";
import { nothingWritten } from "../../train/dataset/read/report.ts";
import type { PictureSource } from "../../train/dataset/sources/source.ts";
import { soloRank } from "../../train/ranks/ranks.ts";
import type { OpenScenesOptions, SceneSource } from "./scene_source.ts";
import { datasetScenes } from "./stored_scenes.ts";

/** Builds a data set out of annotations, in a folder beside the results, and opens it. */
export async function annotatedScenes(
  name: string,
  options: OpenScenesOptions,
): Promise<SceneSource> {
  const [, kind, rest] = /^(\w+):(.*)$/.exec(name)!;
  const [annotations, images, ...more] = rest!.split(",");
  if (!annotations || !images || more.length > 0) {
    throw new LocRefError(
      "file-missing",
      `Scenes "${name}" name ${
        rest!.split(",").length
      } files: write ${kind}:ANNOTATIONS,IMAGES`,
    );
  }
  const folder = join(options.out, "dataset");
  const source = await openAnnotations(kind!, annotations, options);
  let built: BuildResult;
  try {
    built = await buildDataset(source, {
      out: folder,
      images,
      picture: { ...pictureDefaults, reference: options.references },
      captions: "none",
      threads: navigator.hardwareConcurrency,
      strict: false,
      ranks: soloRank,
      shardSize: 100,
      validation: 0,
      seed: options.seed,
    });
  } finally {
    source.close();
  }
  checkBuilt(name, built, folder);
  const scenes = await datasetScenes(folder, options);
  if (scenes !== undefined) return scenes;
  throw new LocRefError("file-missing", `Scenes "${name}" hold no usable box`);
}

/** Scenes that could not be built must not be missing from the scores in silence. */
function checkBuilt(
  name: string,
  { report, failed }: BuildResult,
  folder: string,
): void {
  const [first] = failed;
  if (first !== undefined) {
    throw new LocRefError("file-invalid", `${first.where}: ${first.what}`);
  }
  if (report === undefined) return;
  const nothing = nothingWritten(report);
  if (nothing !== undefined) {
    throw new LocRefError("file-invalid", `Scenes "${name}": ${nothing}`);
  }
  const { length } = report.problems;
  if (length === 0) return;
  console.error(
    `${length} problems in ${name}, listed in ${join(folder, "report.json")}`,
  );
}

async function openAnnotations(
  kind: string,
  path: string,
  { annotations = {} }: OpenScenesOptions,
): Promise<PictureSource> {
  const source = [...datasetSources].find(({ name }) => name === kind)!;
  const given: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(source.options ?? {})) {
    given[name] = annotations[name] ?? one.default;
    if (given[name] === undefined && one.needed) {
      throw new LocRefError(
        "file-missing",
        `Scenes of ${source.title} need ${
          flagOf(name)
        } ${one.value}: ${one.summary}`,
      );
    }
  }
  return await source.open(path, { options: given as Values<Options> });
}
