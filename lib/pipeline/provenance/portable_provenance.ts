import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { basename, isAbsolute, normalize, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { homeFolder } from "../../core/files/cache_folder.ts";
import { sha256 } from "../../core/files/hash.ts";
import { liesInside } from "../../core/files/lies_inside.ts";
import { lastPart, portableName } from "../../core/files/portable_name.ts";
import { isUrl } from "../../images/read_source.ts";
import { mapSources } from "../../scene_data/sources.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type { ModelProvenance, Provenance } from "./provenance.ts";

/** Folders that the paths of a scene count from. */
export interface ProvenancePlace {
  /** Folder of the file that the scene came from. */
  readonly home?: string;
  /** Folder that relative paths of the scene start from. @default {the current folder} */
  readonly folder?: string;
  /** Whether the model's name is a path of this machine. @default {false} */
  readonly localModel?: boolean;
}

/**
 * Provenance that reveals nothing of the machine. Paths below the scene's file, `folder` or the
 * current folder become relative to it, all others base names. Pictures given as bytes become their
 * SHA-256.
 */
export function portableProvenance(
  made: Provenance,
  place: ProvenancePlace = {},
): Provenance {
  return {
    ...made,
    scene: portableControls(
      mapSources(made.scene, (source) => portableSource(source, place)),
      place,
    ),
    model: portableModel(made.model, place),
    ...(made.painted && { painted: portableProvenance(made.painted, place) }),
  };
}

/** A scene whose controls' networks are named without folders of this machine; hub ids stay. */
function portableControls(scene: SceneData, place: ProvenancePlace): SceneData {
  if (scene.controls === undefined) return scene;
  const controls = scene.controls.map((one) => ({
    ...one,
    model: isAbsolute(one.model) || existsSync(one.model)
      ? portablePath(one.model, place)
      : one.model,
  }));
  return { ...scene, controls };
}

/** Provenance with absolute paths, for making the picture again on this machine. */
export function fullProvenance(
  made: Provenance,
  { folder }: ProvenancePlace = {},
): Provenance {
  const absolute = (source: string) =>
    isUrl(source) ? source : resolve(folder ?? ".", source);
  const { controls } = made.scene;
  const scene = controls === undefined ? made.scene : {
    ...made.scene,
    controls: controls.map((one) => ({
      ...one,
      model: existsSync(one.model) ? resolve(one.model) : one.model,
    })),
  };
  return {
    ...made,
    scene: mapSources(scene, absolute),
    ...(made.painted && { painted: fullProvenance(made.painted, { folder }) }),
  };
}

/** A path or URL of an instance as {@linkcode portableProvenance} writes it. */
export function portableSource(
  source: string,
  place: ProvenancePlace = {},
): string {
  const scheme = isUrl(source) ? source.slice(0, source.indexOf(":")) : "";
  switch (scheme.toLowerCase()) {
    case "":
      return portablePath(source, place);
    case "file":
      return portablePath(fileURLToPath(source), place);
    case "data":
      return `sha256:${hashDataUrl(source)}`;
    case "http":
    case "https":
      return plainUrl(source);
    default:
      return source;
  }
}

/** A path that neither is absolute nor climbs. */
function portablePath(path: string, { home, folder }: ProvenancePlace): string {
  // a path of Windows on another system is one name
  if (/^([a-z]:)?[\\/]{1,2}|^[a-z]:/i.test(path) && !isAbsolute(path)) {
    return lastPart(path);
  }
  const full = resolve(folder ?? ".", path);
  const asWritten = home === undefined && !isAbsolute(path);
  const folders = [
    home,
    asWritten || folder !== undefined ? folder ?? "." : undefined,
    isPersonal(resolve(".")) ? undefined : ".",
  ];
  for (const from of folders) {
    if (from === undefined || !liesInside(full, resolve(from))) continue;
    return slashes(relative(resolve(from), full));
  }
  return basename(full);
}

/** Whether names below a folder are those of a person: it is a home folder or lies above one. */
function isPersonal(folder: string): boolean {
  try {
    return liesInside(homeFolder(), folder);
  } catch {
    return true;
  }
}

function slashes(path: string): string {
  return normalize(path).replaceAll("\\", "/");
}

/** A URL without user, password, query and fragment. */
function plainUrl(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return `${origin}${pathname}`;
  } catch {
    return url.slice(url.lastIndexOf("/") + 1);
  }
}

/** SHA-256 of what a `data:` URL holds. */
function hashDataUrl(url: string): string {
  const comma = url.indexOf(",");
  const body = url.slice(comma + 1);
  const bytes = /;base64$/i.test(url.slice(0, comma))
    ? Buffer.from(decodePercent(body), "base64")
    : Buffer.from(decodePercent(body), "latin1");
  return sha256(bytes);
}

/** Percent escapes as bytes, one character each. */
function decodePercent(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1")
    .replace(
      /%([0-9a-f]{2})/gi,
      (_, hex) => String.fromCharCode(parseInt(hex, 16)),
    );
}

/** A model by its hub id or the last part of its path; files outside it by their base names. */
export function portableModel(
  { name, files, loras }: ModelProvenance,
  { localModel = false }: ProvenancePlace = {},
): ModelProvenance {
  const short: Record<string, string> = {};
  for (const [path, hash] of Object.entries(files)) {
    const key = portableName(slashes(path));
    let free = key;
    for (let i = 2; free in short; i++) free = `${key} (${i})`;
    short[free] = hash;
  }
  const known = portableName(name);
  const travels = !localModel || known !== name;
  return {
    name: travels ? known : lastPart(resolve(name)),
    files: short,
    ...(loras && {
      loras: loras.map((one) => ({ ...one, path: lastPart(one.path) })),
    }),
  };
}
