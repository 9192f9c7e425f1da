import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../core/files/hash.ts";
import { liesInside } from "../../core/files/lies_inside.ts";
import { LocRefError } from "../../core/error.ts";
import { isUrl, readSource, sourceName } from "../../images/read_source.ts";
import type {
  PaintedPicture,
  SceneOrigin,
  SourceDoubt,
} from "./scene_origin.ts";
import { instanceName } from "../../scene_data/instance_name.ts";
import { isHubFile, mapSources } from "../../scene_data/sources.ts";
import { hashFile } from "../../weights/safetensors/hash_file.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { checkPictureOptions } from "../options/check_picture_options.ts";
import { instanceSources, ownSources } from "../options/check_sources.ts";
import type { PictureOptions } from "../options/picture_options.ts";
import { findNetworks } from "./find_networks.ts";
import type { Provenance } from "./provenance.ts";
import { readProvenance } from "./read_provenance.ts";

/** A scene that was read from a saved picture. */
export interface ReplayedImage {
  readonly scene: SceneData;
  /** Seed, steps and the like that it was made with. */
  readonly settings: PictureOptions;
  readonly origin: SceneOrigin;
}

/**
 * The scene of a saved picture and the settings it was made with.
 *
 * @param png a path, a `file:` URL, or the file's bytes.
 * @param roots folders that references must lie in; `false` allows any.
 * @throws {LocRefError} `image-invalid` naming the file.
 */
export async function replayImage(
  png: string | Uint8Array,
  roots?: readonly string[] | false,
): Promise<ReplayedImage> {
  const made = await readProvenance(png);
  const name = typeof png === "string"
    ? `Picture "${sourceName(png)}"`
    : `Picture of ${png.byteLength} bytes`;
  const settings = settingsOf(made, name);
  const path = typeof png !== "string"
    ? undefined
    : png.startsWith("file:")
    ? fileURLToPath(png)
    : png;
  return { settings, ...await replayScene(made, { png: path, roots }) };
}

function settingsOf(made: Provenance, name: string): PictureOptions {
  const { seed, steps, guidance, guidanceInterval, deepEvery } = made;
  const { sampler, eta, size, fusion } = made;
  const { captionTwo, negativeTwo, emptyNegative } = made;
  const { clipSkip, sizes, guidanceRescale, tiles, decoder } = made;
  const { captionWeights, longCaptions, freeu, pag, methods } = made;
  const settings: PictureOptions = {
    ...{ seed, steps, guidance, guidanceInterval, deepEvery },
    ...{ sampler, eta, size, fusion },
    ...{ captionTwo, negativeTwo, emptyNegative },
    ...{ clipSkip, sizes, guidanceRescale, tiles, decoder },
    ...{ captionWeights, longCaptions, freeu, pag, methods },
  };
  try {
    checkPictureOptions(settings, "the provenance");
  } catch (cause) {
    throw new LocRefError(
      "image-invalid",
      `${name} was made with settings that are not known: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
  return settings;
}

/** The folders that a saved picture's references may lie in. */
interface ReplayPlace {
  /** Path of the saved picture; absent where only its bytes are known. */
  readonly png?: string;
  /** Folders that references must lie in; `false` allows any. @default {beside the picture} */
  readonly roots?: readonly string[] | false;
}

/**
 * A scene with its references where they lie now: beside the picture first, then at their old place.
 *
 * A file elsewhere below the current folder is read only if its bytes are those of the picture's
 * reference: the sender of the picture knows them already.
 */
async function replayScene(
  made: Provenance,
  place: ReplayPlace,
): Promise<{ scene: SceneData; origin: SceneOrigin }> {
  const home = place.png === undefined ? undefined : dirname(place.png);
  const beside = home === undefined ? [] : [resolve(home)];
  const roots = place.roots === false ? undefined : place.roots ?? beside;
  const found = new Map<string, Found>();
  const doubts: SourceDoubt[] = [];
  const painted = made.painted && await replayPainted(made, place);
  for (const { source, name, key } of ownSources(made.scene)) {
    if (key === "init.image" && painted !== undefined) {
      found.set(source, { source, known: true });
      continue;
    }
    const hash = made.sceneFiles?.[key];
    const one = await find(source, { hash, home, roots });
    found.set(source, one);
    if (one.doubt === undefined) continue;
    doubts.push({ source: one.source, text: `${name} ${one.doubt}` });
  }
  for (const [i, instance] of made.scene.instances.entries()) {
    for (const { source, name, role } of instanceSources(instance, i)) {
      const hash = role === "reference"
        ? made.references[i]
        : made.otherFiles?.[i]?.[role];
      const one = await find(source, { hash, home, roots });
      found.set(source, one);
      if (one.doubt === undefined) continue;
      doubts.push({ source: one.source, text: `${name} ${one.doubt}` });
    }
  }
  doubts.push(...await findLoras(made, home, found));
  const known = [...found.values()].filter((one) => one.known);
  const networks = await findNetworks(made, { home, roots });
  const trusted = new Set([
    ...known.map(({ source }) => source),
    ...networks.trusted,
  ]);
  const { controls } = made.scene.controls === undefined ? {} : networks;
  return {
    scene: mapSources(
      { ...made.scene, ...(controls && { controls }) },
      (source) => found.get(source)?.source ?? source,
    ),
    origin: {
      ...{ home, model: made.model, backend: made.backend },
      ...(painted !== undefined && { painted }),
      doubts: [
        ...doubts,
        ...networks.doubts.map(({ source, text }) => ({
          source: found.get(source)?.source ?? source,
          text,
        })),
        ...painted?.again?.origin.doubts ?? [],
      ],
      access: { roots, trusted },
    },
  };
}

/** Looks for the LoRAs of instances, puts them into `found`, and returns the doubts about them. */
async function findLoras(
  made: Provenance,
  home: string | undefined,
  found: Map<string, Found>,
): Promise<SourceDoubt[]> {
  const doubts: SourceDoubt[] = [];
  for (const [i, instance] of made.scene.instances.entries()) {
    const { lora } = instance;
    if (lora === undefined || isHubFile(lora.path)) continue;
    const name = `${instanceName(instance, i)}: lora`;
    const one = await findLora(lora.path, {
      hash: made.otherFiles?.[i]?.lora,
      home,
    });
    found.set(lora.path, one);
    if (one.doubt === undefined) continue;
    doubts.push({ source: one.source, text: `${name} ${one.doubt}` });
  }
  return doubts;
}

/** The picture that another was painted on, as it is made again. */
async function replayPainted(
  made: Provenance,
  place: ReplayPlace,
): Promise<PaintedPicture> {
  const provenance = made.painted!;
  const settings = settingsOf(provenance, "The picture that it was painted on");
  const below = await replayScene(provenance, place);
  return {
    source: made.scene.init!.image,
    provenance,
    again: { ...below, settings },
  };
}

/** A picture of a scene as it was found again. */
interface Found {
  /** Where it lies now. */
  readonly source: string;
  /** End of a sentence about it. */
  readonly doubt?: string;
  /** Whether it is read although it lies outside of the roots, since its bytes are known. */
  readonly known?: boolean;
}

/** A file to be found, as far as it is known. */
interface Wanted {
  /** SHA-256 that it had; absent in pictures of old versions. */
  readonly hash?: string;
  /** Folder of the saved picture. */
  readonly home?: string;
  /** Folders that it must lie in. @default {any} */
  readonly roots?: readonly string[];
}

const hasChanged =
  "has changed since the picture was made: its SHA-256 is another";

async function find(source: string, wanted: Wanted): Promise<Found> {
  const { hash, home, roots } = wanted;
  if (isUrl(source) && !source.startsWith("file:")) {
    return await findUrl(source, hash);
  }
  const path = pathOf(source);
  let changed: string | undefined;
  for (const candidate of candidates(path, home)) {
    const there = await hashOf(candidate, roots);
    if (there === undefined) continue;
    if (hash === undefined || there === hash) return { source: candidate };
    changed ??= candidate;
  }
  const here = [resolve(".")];
  const below = roots === undefined || !isBelow(path, here)
    ? undefined
    : await hashOf(path, here);
  if (below !== undefined && below === hash) return { source, known: true };
  if (changed !== undefined) return { source: changed, doubt: hasChanged };
  if (below !== undefined) return { source, doubt: hasChanged };
  const outside = roots !== undefined && !isBelow(path, [...roots, ...here]);
  return {
    source,
    doubt: outside
      ? "lies outside of the folders that a saved picture is read from, and is not beside it"
      : "is missing: it lies neither beside the picture nor where it was",
  };
}

/** A LoRA's file, which may be too large to be read as a picture is: the one with the old bytes. */
async function findLora(
  path: string,
  { hash, home }: Pick<Wanted, "hash" | "home">,
): Promise<Found> {
  let changed: string | undefined;
  for (const candidate of candidates(path, home)) {
    const found = await stat(candidate).catch(() => undefined);
    if (!found?.isFile()) continue;
    const there = await hashFile(candidate).catch(() => undefined);
    if (there === undefined) continue;
    if (there === hash) return { source: candidate, known: true };
    changed ??= candidate;
  }
  return changed === undefined
    ? {
      source: path,
      doubt: "is missing: it lies neither beside the picture nor where it was",
    }
    : { source: changed, doubt: hasChanged };
}

async function findUrl(
  source: string,
  hash: string | undefined,
): Promise<Found> {
  if (source.startsWith("sha256:")) {
    return {
      source,
      doubt: "was given as bytes, and the file holds only their SHA-256",
    };
  }
  if (!source.startsWith("data:")) return { source };
  const known = hash !== undefined && await hashOf(source) === hash;
  return { source, known };
}

/** The path of a source that is a path or a `file:` URL, which may name another machine. */
function pathOf(source: string): string {
  try {
    return source.startsWith("file:") ? fileURLToPath(source) : source;
  } catch {
    return source;
  }
}

/** Where a file may lie, the likeliest first. */
function candidates(path: string, home: string | undefined): string[] {
  if (home === undefined) return [path];
  const beside = isAbsolute(path) ? [] : [join(home, path)];
  return [...new Set([...beside, join(home, basename(path)), path])];
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => liesInside(resolve(path), folder));
}

/** SHA-256 of a source, or `undefined` where it is missing or may not be read. */
async function hashOf(
  source: string,
  roots?: readonly string[],
): Promise<string | undefined> {
  try {
    const bytes = await readSource(source, { access: { roots } });
    return sha256(bytes);
  } catch {
    return undefined;
  }
}
