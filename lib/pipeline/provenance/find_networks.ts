/** Networks of controls, found again where a saved picture is replayed. */

import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { lastPart } from "../../core/files/portable_name.ts";
import {
  type ControlData,
  controlName,
} from "../../scene_data/control_data.ts";
import { hashFile } from "../../weights/safetensors/hash_file.ts";
import type { Provenance } from "./provenance.ts";
import type { SourceDoubt } from "./scene_origin.ts";

/** The controls of a saved picture with their networks where they lie now. */
export interface FoundNetworks {
  readonly controls: readonly ControlData[];
  /** Networks whose bytes are those that made the picture, so that they may be read wherever they lie. */
  readonly trusted: readonly string[];
  readonly doubts: readonly SourceDoubt[];
}

/**
 * Looks for the network of each control beside the picture, in the folders that may be read, and
 * where it was. The one with the bytes that made the picture is taken.
 */
export async function findNetworks(
  { scene, model }: Pick<Provenance, "scene" | "model">,
  place: { readonly home?: string; readonly roots?: readonly string[] },
): Promise<FoundNetworks> {
  const controls: ControlData[] = [];
  const trusted: string[] = [];
  const doubts: SourceDoubt[] = [];
  for (const [i, control] of (scene.controls ?? []).entries()) {
    const hashes = hashesOf(model.files, i);
    const there = candidates(control.model, place).filter((path) =>
      existsSync(path)
    );
    let same: string | undefined;
    for (const path of there) {
      if (await hasHashes(path, hashes)) same = path;
      if (same !== undefined) break;
    }
    const found = same ?? there[0] ?? control.model;
    controls.push({ ...control, model: found });
    if (same !== undefined) trusted.push(same);
    else if (there.length > 0 && Object.keys(hashes).length > 0) {
      doubts.push({
        source: control.image,
        text: `${
          controlName(control, i)
        }: its network has changed since the picture was made: its SHA-256 is another`,
      });
    }
  }
  return { controls, trusted, doubts };
}

/** SHA-256 of the weight files of a control, by their names. */
function hashesOf(
  files: Readonly<Record<string, string>>,
  index: number,
): Record<string, string> {
  const prefix = `control_${index + 1}/`;
  return Object.fromEntries(
    Object.entries(files).filter(([name]) => name.startsWith(prefix))
      .map(([name, hash]) => [name.slice(prefix.length), hash]),
  );
}

/** Where a network may lie, the likeliest first. */
function candidates(
  model: string,
  { home, roots = [] }: { home?: string; roots?: readonly string[] },
): string[] {
  const folders = [...(home === undefined ? [] : [home]), ...roots];
  const below = folders.flatMap((folder) => [
    ...(isAbsolute(model) ? [] : [join(folder, model)]),
    join(folder, lastPart(model)),
  ]);
  return [...new Set([...below, model])];
}

/** Whether a folder or file holds weights of these SHA-256, and at least one. */
async function hasHashes(
  path: string,
  hashes: Readonly<Record<string, string>>,
): Promise<boolean> {
  const names = Object.keys(hashes);
  try {
    const isFolder = (await stat(path)).isDirectory();
    if (names.length === 0 || !isFolder && names.length > 1) return false;
    for (const name of names) {
      const file = isFolder ? join(path, lastPart(name)) : path;
      if (await hashFile(file) !== hashes[name]) return false;
    }
    return true;
  } catch {
    return false;
  }
}
