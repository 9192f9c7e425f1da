import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocRefError } from "../../lib/error.ts";
import type { LocRef } from "../../lib/pipeline/locref.ts";
import { hashModel } from "../../lib/pipeline/provenance.ts";
import { readJson } from "../../lib/read_json.ts";
import { writeFileAtomically } from "../../lib/write_file.ts";
import type { Ranks } from "../../train/ranks.ts";

/** Flags that decide what a record holds, as they were given. */
export interface RunValues {
  readonly scenes: string;
  readonly reference: string;
  readonly detector: string;
  readonly encoder: string;
  readonly count?: string;
  readonly seed?: string;
  readonly steps?: string;
}

/** What \`run.json\` holds. */
export interface RunDescription {
  readonly scenes: string;
  readonly count: string;
  readonly reference: string;
  readonly seed: string;
  readonly steps: string | null;
  readonly detector: string;
  readonly encoder: string;
  readonly model: {
    readonly name: string;
    readonly files: Readonly<Record<string, string>>;
  };
  readonly backend: string;
}

/** Everything that decides what a record holds, written down before the first one. */
export async function describeRun(
  values: RunValues,
  model: LocRef,
): Promise<RunDescription> {
  const { detector, encoder, steps = null, seed = "0" } = values;
  const { scenes, reference, count = "100" } = values;
  return {
    ...{ scenes, count, reference, seed, steps, detector, encoder },
    model: { name: model.name, files: await hashModel(model.parts) },
    backend: model.backend.name,
  };
}

/**
 * Writes down what the run in \`out\` is.
 *
 * @throws {LocRefError} if \`out\` holds another one.
 */
export async function keepRun(
  out: string,
  run: RunDescription,
  ranks: Ranks,
): Promise<void> {
  const path = join(out, "run.json");
  const before = existsSync(path)
    ? await readJson<Record<string, unknown>>(path)
    : undefined;
  for (const [key, value] of Object.entries(run)) {
    if (before === undefined) break;
    if (JSON.stringify(before[key]) === JSON.stringify(value)) continue;
    throw new LocRefError(
      "config-invalid",
      `${out} holds a run with another ${key}: name another folder, or delete this one`,
    );
  }
  await ranks.barrier();
  if (before === undefined && ranks.rank === 0) {
    await writeFileAtomically(path, `${JSON.stringify(run, null, 2)}\n`);
  }
}
