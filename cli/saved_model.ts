import { existsSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { ownLayouts } from "../lib/bases/bases.ts";
import { readProvenance } from "../lib/pipeline/provenance/read_provenance.ts";
import { parseHubName } from "../lib/weights/hub/name.ts";
import { resolveModelFolder } from "../lib/weights/resolve_model.ts";

/**
 * The model that a saved picture was made with, where it is on this machine: a file or folder, from
 * here or beside the picture, or a repository in the hub's cache. A picture fetches nothing by itself.
 *
 * @returns `undefined` for a scene in JSON, and for a model that is elsewhere; a run on another then
 * warns with its name.
 */
export async function savedModel(path: string): Promise<string | undefined> {
  if (extname(path).toLowerCase() !== ".png") return undefined;
  const { model: { name } } = await readProvenance(path);
  if (name === "pocket") return name;
  const place = [name, resolve(dirname(path), name)].find(existsSync);
  if (place !== undefined) return place;
  if (parseHubName(name) === undefined) return undefined;
  return await resolveModelFolder(name, {
    ...{ offline: true, layouts: ownLayouts() },
  })
    .then(() => name, () => undefined);
}
