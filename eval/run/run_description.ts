import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import type { LoadedModel } from "../../lib/pipeline/load/loaded_model.ts";
import {
  portableName,
  withoutPaths,
} from "../../lib/core/files/portable_name.ts";
import { portableModel } from "../../lib/pipeline/provenance/portable_provenance.ts";
import { modelProvenance } from "../../lib/pipeline/provenance/make_provenance.ts";
import { samplerText } from "../../lib/pipeline/options/sampler_option.ts";
import type { SamplerChoice } from "../../lib/ddim/samplers.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { hashRuler } from "../../lib/scoring/hash_ruler.ts";
import type {
  Detector,
  PictureEncoder,
} from "../../lib/pipeline/options/rulers.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import type { Ranks } from "../../train/ranks/ranks.ts";

/** Options of the command line that decide what a record holds. */
export interface RunValues {
  readonly scenes: string;
  readonly reference: string;
  readonly detector: string;
  readonly encoder: string;
  readonly count: number;
  readonly seed: number;
  readonly steps?: number;
  readonly guidance?: number;
  readonly sampler?: SamplerChoice;
}

/** A model or ruler: its name, and SHA-256 of each of its files. */
export interface DescribedModel {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Contents of `run.json`. */
export interface RunDescription {
  readonly scenes: string;
  readonly count: string;
  readonly reference: string;
  readonly seed: string;
  /** `null` is what the model says. */
  readonly steps: string | null;
  readonly guidance: string | null;
  readonly sampler: string;
  readonly model: DescribedModel;
  readonly detector: DescribedModel;
  readonly encoder: DescribedModel;
  readonly backend: string;
  /** SHA-256 of what the scenes were read from, where that is files. */
  readonly scenesVersion?: string;
}

/** Models that make the pictures, and those that measure them. */
export interface RunModels {
  readonly model: LoadedModel;
  readonly detector: Detector;
  readonly encoder: PictureEncoder;
}

/** Everything that decides what a record holds. */
export async function describeRun(
  values: RunValues,
  { model, detector, encoder }: RunModels,
): Promise<RunDescription> {
  const { scenes, count, reference, seed, steps, guidance } = values;
  const { sampler = "ddim" } = values;
  const written = (value?: number) => value === undefined ? null : `${value}`;
  return {
    ...{ scenes: portableName(scenes), count: `${count}`, reference },
    ...{ seed: `${seed}`, steps: written(steps) },
    ...{ guidance: written(guidance), sampler: samplerText(sampler) },
    model: portableModel(await modelProvenance(model)),
    detector: described(values.detector, await hashRuler(detector)),
    encoder: described(values.encoder, await hashRuler(encoder)),
    backend: model.backend.name,
  };
}

/** A model or ruler without folders of this machine, since results are shared. */
function described(
  name: string,
  files: Readonly<Record<string, string>>,
): DescribedModel {
  return portableModel({ name, files });
}

/**
 * Makes sure that `out` is empty or holds the run in question, on every rank.
 *
 * @throws {LocRefError} `config-invalid` naming what is otherwise in `out`.
 */
export async function checkRun(
  out: string,
  run: RunDescription,
): Promise<void> {
  const path = join(out, "run.json");
  if (!existsSync(path)) return;
  const before = await readJson<Record<string, unknown>>(path);
  for (const [key, value] of Object.entries(run)) {
    const there = withoutPaths(before[key]);
    if (JSON.stringify(there) === JSON.stringify(value)) continue;
    if (key === "scenesVersion") {
      throw new LocRefError(
        "config-invalid",
        `${out} holds a run of scenes that have changed since: name another folder, or delete this one`,
      );
    }
    throw new LocRefError(
      "config-invalid",
      `${out} holds a run with another ${key}${
        difference(there, value)
      }: name another folder, or delete this one`,
    );
  }
}

/** Both values where they are short, else what they are files of. */
function difference(there: unknown, here: unknown): string {
  const short = (value: unknown) =>
    value === null || value === undefined
      ? "the model's own"
      : typeof value === "object"
      ? (value as DescribedModel).name
      : String(value);
  const [before, now] = [short(there), short(here)];
  return before === now
    ? ` (${now} has other files now)`
    : ` (${before}, not ${now})`;
}

/** Writes the description of the run in `out`, once everything that it needs exists. */
export async function keepRun(
  out: string,
  run: RunDescription,
  ranks: Ranks,
): Promise<void> {
  await ranks.barrier();
  const path = join(out, "run.json");
  if (ranks.rank !== 0 || existsSync(path)) return;
  await writeFileAtomically(path, `${JSON.stringify(run, null, 2)}\n`);
}
