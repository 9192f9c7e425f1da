import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import {
  portableName,
  withoutPaths,
} from "../../lib/core/files/portable_name.ts";
import { portableModel } from "../../lib/pipeline/provenance/portable_provenance.ts";
import { modelProvenance } from "../../lib/pipeline/provenance/make_provenance.ts";
import { samplerText } from "../../lib/pipeline/options/sampler_option.ts";
import type { SamplerChoice } from "../../lib/ddim/samplers.ts";
import type { MethodOptions } from "../../lib/adapters/method_options.ts";
import { quote } from "../../lib/core/quote.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { hashRuler } from "../../lib/scoring/hash_ruler.ts";
import type {
  Detector,
  PictureEncoder,
} from "../../lib/pipeline/options/rulers.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import type { OpenColumns } from "./runners/open_runners.ts";
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

/** A column of another system: what its pictures are made with. */
export interface DescribedRunner extends DescribedModel {
  /** Names of its adapters' files, or of those without one. */
  readonly adapters: readonly string[];
  /** Number of steps; `null` is what the model says. */
  readonly steps: string | null;
  readonly guidance: string | null;
  readonly methods: MethodOptions | null;
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
  /** Settings of the model's adapters. `null` is none. */
  readonly methods: MethodOptions | null;
  readonly model: DescribedModel;
  readonly detector: DescribedModel;
  readonly encoder: DescribedModel;
  readonly backend: string;
  /** SHA-256 of what the scenes were read from, where that is files. */
  readonly scenesVersion?: string;
  /** Columns of other systems, by their names; absent where there are none. */
  readonly runners?: Readonly<Record<string, DescribedRunner>>;
}

/** A model of a run, with the settings of its pictures. */
type DescribedColumns = Omit<OpenColumns, "columns">;

/** Models that make the pictures, the run's own first, and those that measure them. */
export interface RunModels {
  readonly opened: readonly DescribedColumns[];
  readonly detector: Detector;
  readonly encoder: PictureEncoder;
}

/** Everything that decides what a record holds. */
export async function describeRun(
  values: RunValues,
  { opened, detector, encoder }: RunModels,
): Promise<RunDescription> {
  const { scenes, count, reference, seed, steps, guidance } = values;
  const { sampler = "ddim" } = values;
  const [{ model, settings: { methods = null } }, ...others] = opened as [
    DescribedColumns,
    ...DescribedColumns[],
  ];
  const runners: Record<string, DescribedRunner> = {};
  for (const one of others) {
    runners[one.runner!.name] = await describeRunner(one);
  }
  return {
    ...{ scenes: portableName(scenes), count: `${count}`, reference },
    ...{ seed: `${seed}`, steps: written(steps) },
    ...{ guidance: written(guidance), sampler: samplerText(sampler) },
    methods,
    model: portableModel(await modelProvenance(model)),
    detector: described(values.detector, await hashRuler(detector)),
    encoder: described(values.encoder, await hashRuler(encoder)),
    backend: model.backend.name,
    ...(others.length > 0 && { runners }),
  };
}

async function describeRunner(
  { model, settings }: DescribedColumns,
): Promise<DescribedRunner> {
  const { steps, guidance, methods = null } = settings;
  return {
    ...portableModel(await modelProvenance(model)),
    adapters: model.parts.adapters.map(({ file }) => portableName(file)),
    ...{ steps: written(steps), guidance: written(guidance), methods },
  };
}

/** A number as `run.json` holds it; `null` is the model's own. */
function written(value?: number): string | null {
  return value === undefined ? null : `${value}`;
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
  const { runners = {}, ...whole } = run;
  for (const [key, value] of Object.entries(whole)) {
    const there = withoutPaths(before[key]);
    if (isSame(there, value)) continue;
    if (key === "scenesVersion") {
      throw new LocRefError(
        "config-invalid",
        `${out} holds a run of scenes that have changed since: name another folder, or delete this one`,
      );
    }
    throw otherRun(out, key, difference(there, value));
  }
  const known = runnersOf(before);
  for (const [name, runner] of Object.entries(runners)) {
    const there = known[name];
    if (there === undefined || isSame(there, runner)) continue;
    throw otherRun(
      out,
      `runner ${quote(name)}`,
      runnerDifference(there, runner),
    );
  }
}

function otherRun(out: string, what: string, difference: string): LocRefError {
  return new LocRefError(
    "config-invalid",
    `${out} holds a run with another ${what}${difference}: name another folder, or delete this one`,
  );
}

/** Runs of before lack what is absent now. */
function isSame(there: unknown, here: unknown): boolean {
  return JSON.stringify(there ?? null) === JSON.stringify(here ?? null);
}

function runnersOf(
  before: Record<string, unknown>,
): Readonly<Record<string, DescribedRunner>> {
  return (before.runners ?? {}) as Readonly<Record<string, DescribedRunner>>;
}

/** The first setting of a runner that differs. */
function runnerDifference(
  there: DescribedRunner,
  here: DescribedRunner,
): string {
  const files = JSON.stringify(there.adapters) !==
    JSON.stringify(here.adapters);
  if (files) return ` (${there.adapters.join()}, not ${here.adapters.join()})`;
  for (const key of ["steps", "guidance", "methods"] as const) {
    if (isSame(there[key], here[key])) continue;
    return ` (${key}${difference(there[key], here[key])})`;
  }
  return difference(there, here);
}

/** Both values where they are short, else what they are files of. */
function difference(there: unknown, here: unknown): string {
  const short = (value: unknown) =>
    value === null || value === undefined
      ? "the model's own"
      : typeof value === "object"
      ? (value as DescribedModel).name ?? JSON.stringify(value)
      : String(value);
  const [before, now] = [short(there), short(here)];
  return before === now
    ? ` (${now} has other files now)`
    : ` (${before}, not ${now})`;
}

/** Writes the description of the run in `out`, once everything that it needs exists; runners are added. */
export async function keepRun(
  out: string,
  run: RunDescription,
  ranks: Ranks,
): Promise<void> {
  await ranks.barrier();
  if (ranks.rank !== 0) return;
  const path = join(out, "run.json");
  const before = existsSync(path)
    ? await readJson<Record<string, unknown>>(path)
    : undefined;
  const runners = { ...runnersOf(before ?? {}), ...run.runners };
  if (before !== undefined && isSame(runners, before.runners ?? {})) return;
  const all = {
    ...before ?? run,
    ...(Object.keys(runners).length > 0 && { runners }),
  };
  await writeFileAtomically(path, `${JSON.stringify(all, null, 2)}\n`);
}
