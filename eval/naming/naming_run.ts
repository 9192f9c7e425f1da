import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import type { Size } from "../../lib/core/geometry.ts";
import type { LoadedModel } from "../../lib/pipeline/load/loaded_model.ts";
import { modelProvenance } from "../../lib/pipeline/provenance/make_provenance.ts";
import { portableModel } from "../../lib/pipeline/provenance/portable_provenance.ts";
import { type NamingRun, sizeText } from "./naming_key.ts";

/** How scenes are drawn. */
export interface DrawOptions {
  readonly model: LoadedModel;
  readonly seed: number;
  /** Number of scenes. */
  readonly scenes: number;
  readonly sizes: readonly Size[];
  /** Size of objects, of the usual. @default {1} */
  readonly objectScale?: number;
  /** @default {the model's own} */
  readonly steps?: number;
}

/** All that decides the sheets. */
export async function describeNaming(
  { model, seed, scenes, sizes, objectScale = 1, steps }: DrawOptions,
): Promise<NamingRun> {
  return {
    ...{ seed, scenes, sizes: sizes.map(sizeText), steps: steps ?? null },
    ...(objectScale !== 1 && { objectScale }),
    model: portableModel(await modelProvenance(model)),
  };
}

/**
 * Makes sure that `out` holds no sheets, or those of this run.
 *
 * @throws {LocRefError} `config-invalid` naming what is otherwise in `out`.
 */
export async function checkNaming(out: string, run: NamingRun): Promise<void> {
  const path = join(out, "key.json");
  if (!existsSync(path)) return;
  const { run: before } = await readJson<{ run?: Partial<NamingRun> }>(path);
  for (const [name, value] of Object.entries(run)) {
    const there = before?.[name as keyof NamingRun];
    if (JSON.stringify(there) === JSON.stringify(value)) continue;
    throw new LocRefError(
      "config-invalid",
      `${out} holds sheets with another ${name}: name another folder, or delete this one`,
    );
  }
}
