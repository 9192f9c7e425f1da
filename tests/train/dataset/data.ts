import { fromFileUrl, join } from "@std/path";
import {
  buildDataset,
  type BuildResult,
} from "../../../train/dataset/build/build.ts";
import type { BuildOptions } from "../../../train/dataset/build/build_options.ts";
import { openCoco } from "../../../train/dataset/sources/coco.ts";
import { pictureDefaults } from "../../../train/dataset/options.ts";
import type { PictureSource } from "../../../train/dataset/sources/source.ts";
import { soloRank } from "../../../train/ranks/ranks.ts";

/** Path of a file of the tests' data. */
export function dataFile(name: string): string {
  return fromFileUrl(new URL(`../../data/${name}`, import.meta.url));
}

/** Builds small pictures into `out` with two pictures a shard. */
export async function build(
  source: PictureSource,
  out: string,
  options: Partial<BuildOptions> = {},
): Promise<BuildResult> {
  try {
    return await buildDataset(source, {
      out,
      images: dataFile(`${source.dataset}/images`),
      picture: { ...pictureDefaults, size: 64, refSize: 32 },
      captions: "none",
      shardSize: 2,
      validation: 0,
      seed: 0,
      threads: 2,
      strict: false,
      ranks: soloRank,
      ...options,
    });
  } finally {
    source.close();
  }
}

/** The tests' COCO annotations. */
export function coco(): Promise<PictureSource> {
  return openCoco(dataFile("coco/instances.json"));
}

/** COCO annotations of `content`, written into `dir`. */
export async function cocoOf(
  dir: string,
  content: unknown,
): Promise<PictureSource> {
  const path = join(dir, "instances.json");
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await Deno.writeTextFile(path, text);
  return await openCoco(path);
}

/** The files of a folder and of those below it, by their paths. */
export async function filesIn(
  folder: string,
): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  const entries: Deno.DirEntry[] = [];
  for await (const entry of Deno.readDir(folder)) entries.push(entry);
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    const path = join(folder, name);
    if (!isDirectory) files[name] = await Deno.readFile(path);
    else {
      for (const [below, bytes] of Object.entries(await filesIn(path))) {
        files[join(name, below)] = bytes;
      }
    }
  }
  return files;
}
