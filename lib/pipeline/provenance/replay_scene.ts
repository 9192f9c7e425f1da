import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LocRefError } from "../../core/error.ts";
import { sourceName } from "../../images/read_source.ts";
import type {
  PaintedPicture,
  SceneOrigin,
  SourceDoubt,
} from "./scene_origin.ts";
import { instanceName } from "../../scene_data/instance_name.ts";
import { isHubFile, mapSources } from "../../scene_data/sources.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { checkPictureOptions } from "../options/check_picture_options.ts";
import {
  instanceSources,
  type OwnSource,
  ownSources,
} from "../options/check_sources.ts";
import type { PictureOptions } from "../options/picture_options.ts";
import { findNetworks } from "./find_networks.ts";
import type { Provenance } from "./provenance.ts";
import { readProvenance } from "./read_provenance.ts";
import { find, findLora, type Found } from "./find_source.ts";

/** A scene that was read from a saved picture. */
export interface ReplayedImage {
  readonly scene: SceneData;
  /** Seed, steps and the like that it was made with. */
  readonly settings: PictureOptions;
  readonly origin: SceneOrigin;
  /** How the file says that it was made. */
  readonly made: Provenance;
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
  return { settings, made, ...await replayScene(made, { png: path, roots }) };
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
  for (const { source, name, hash, key } of recordedSources(made)) {
    const drawn = key === "init.image" && painted !== undefined;
    const one = drawn
      ? { source, known: true }
      : await find(source, { hash, home, roots });
    found.set(source, one);
    if (one.doubt === undefined) continue;
    doubts.push({ source: one.source, text: `${name} ${one.doubt}` });
  }
  doubts.push(...await findLoras(made, home, found));
  const networks = await findNetworks(made, { home, roots });
  const known = [...found.values()].filter((one) => one.known);
  const trusted = new Set([
    ...known.map(({ source }) => source),
    ...networks.trusted,
  ]);
  const sourceNow = (source: string) => found.get(source)?.source ?? source;
  const { controls } = made.scene.controls === undefined ? {} : networks;
  return {
    scene: mapSources(
      { ...made.scene, ...(controls && { controls }) },
      sourceNow,
    ),
    origin: {
      ...{ home, model: made.model, backend: made.backend },
      ...(painted !== undefined && { painted }),
      doubts: [
        ...doubts,
        ...networks.doubts.map(({ source, text }) => ({
          source: sourceNow(source),
          text,
        })),
        ...painted?.again?.origin.doubts ?? [],
      ],
      access: { roots, trusted },
    },
  };
}

/** The pictures that a saved picture was made of, each with the SHA-256 that was recorded. */
function recordedSources(made: Provenance): RecordedSource[] {
  const own = ownSources(made.scene)
    .map((one) => ({ ...one, hash: made.sceneFiles?.[one.key] }));
  const ofInstances = made.scene.instances.flatMap((instance, i) =>
    instanceSources(instance, i).map(({ source, name, role }) => ({
      ...{ source, name },
      hash: role === "reference"
        ? made.references[i]
        : made.otherFiles?.[i]?.[role],
    }))
  );
  return [...own, ...ofInstances];
}

interface RecordedSource extends Pick<OwnSource, "source" | "name"> {
  /** Its key among the scene's own pictures. */
  readonly key?: string;
  readonly hash?: string;
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
