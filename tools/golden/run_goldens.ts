import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import { suggestion } from "../../lib/core/known_keys.ts";
import { quote } from "../../lib/core/quote.ts";
import type { Executor, Precision } from "../../lib/ops/executor.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import { type BackendName, backendNames } from "../../lib/ops/backends.ts";
import { onnxExecutor } from "../../lib/ops/onnx/executor.ts";
import { trainingBackends } from "../../train/loop/training_config.ts";
import { trainGolden } from "./train_cases.ts";
import { boundIn, type GoldenCase, type GoldenRow } from "./golden_case.ts";
import { casesOfFolder } from "./golden_sets.ts";

/** A backend, or `onnx-winograd`: onnx with all convolutions in the form that large ones take. */
export type GoldenBackend = BackendName | "onnx-winograd";

/** All names that goldens can be run on. */
export const goldenBackendNames: readonly GoldenBackend[] = [
  ...backendNames,
  "onnx-winograd",
];

/** Options of {@linkcode runGoldens}. */
export interface RunGoldensOptions {
  /** Backends to run on. @default {all but cpu that are installed} */
  backends?: readonly GoldenBackend[];
  /** Only cases whose name begins with one of these. @default {all} */
  only?: readonly string[];
  /** Only cases that code runs: one that no code runs yet is no failure. @default {false} */
  built?: boolean;
  /** Precision that models compute in; on `onnx` too, where users are refused half precision. @default {"float32"} */
  precision?: Precision;
  /** Called after every case. */
  onRow?: (row: GoldenRow) => void;
}

/** A backend that is not available. */
export interface MissingBackend {
  /** The backend. */
  readonly name: GoldenBackend;
  /** Why it does not work here, and what to install. */
  readonly reason: string;
}

/** Results of {@linkcode runGoldens}. */
export interface GoldenResults {
  readonly rows: readonly GoldenRow[];
  /** Backends that are missing. */
  readonly missing: readonly MissingBackend[];
}

/** Every backend that goldens are run on by default. */
export const goldenBackends: readonly GoldenBackend[] = [
  "onnx",
  "onnx-winograd",
  "tensorflow",
  "wasm",
  "tensorflow-gpu",
  "onnx-cuda",
  "onnx-webgpu",
  "onnx-dml",
  "onnx-coreml",
  "webgpu",
];

/** Runs every golden case of `dir` on every backend. */
export async function runGoldens(
  dir: string,
  options: RunGoldensOptions = {},
): Promise<GoldenResults> {
  const { backends = goldenBackends, only, built, onRow } = options;
  const chosen = (name: string) =>
    only === undefined || only.some((start) => name.startsWith(start));
  const { precision = "float32" } = options;
  const found = await casesOfFolder(dir);
  const cases = found.cases.filter(({ name }) => chosen(name));
  const notBuilt = built ? [] : found.notBuilt.filter(chosen);
  checkNames(only, [
    ...found.cases.map(({ name }) => name),
    ...found.notBuilt,
    ...trainingNames,
  ]);
  const rows: GoldenRow[] = [];
  const add = (row: GoldenRow) => {
    rows.push(row);
    onRow?.(row);
  };
  const missing: MissingBackend[] = [];
  for (const name of backends) {
    let executor: Executor;
    try {
      executor = await openBackend(name, precision);
    } catch (error) {
      missing.push({ name, reason: messageOf(error) });
      continue;
    }
    const trains = precision === "float32" &&
      trainingBackends.some((one) => one === executor.name);
    for (const one of cases) {
      if (one.trains && !trains) continue;
      add(await runCase(one, { dir, executor, backend: name, precision }));
    }
    await executor.dispose();
    if (precision === "float16") continue;
    const training = await trainingRows(dir, name, chosen);
    for (const one of notBuilt) add(notBuiltRow(one, name));
    training.forEach(add);
  }
  return { rows, missing };
}

/** Beginnings of the names of training's cases. */
const trainingNames = ["train", "adamw"];

/** A case that was named and does not exist would be left out in silence beside others. */
function checkNames(
  only: readonly string[] = [],
  names: readonly string[],
): void {
  for (const start of only) {
    if (names.some((name) => name.startsWith(start))) continue;
    if (trainingNames.some((name) => start.startsWith(name))) continue;
    throw new LocRefError(
      "file-missing",
      `Case ${quote(start)} is none of the folder's${suggestion(start, names)}`,
    );
  }
}

async function openBackend(
  name: GoldenBackend,
  precision: Precision,
): Promise<Executor> {
  if (name === "onnx-winograd") {
    return await onnxExecutor({ winogradFrom: 0, precision });
  }
  if (name === "onnx") return await onnxExecutor({ precision });
  return (await openExecutor(name, { precision })).executor;
}

async function trainingRows(
  dir: string,
  name: GoldenBackend,
  chosen: (name: string) => boolean,
): Promise<GoldenRow[]> {
  const backend = trainingBackends.find((one) => one === name);
  const files = existsSync(join(dir, "ddim.json"));
  if (
    !files || !backend ||
    !trainingNames.some(chosen)
  ) {
    return [];
  }
  const results = await trainGolden(dir, backend);
  return results
    .filter((result) => chosen(result.case))
    .map((result) => ({ ...result, backend }));
}

/** A case whose files lie in the set and that no code runs counts as failed. */
function notBuiltRow(name: string, backend: string): GoldenRow {
  const reason = "not built";
  return { case: name, backend, error: null, bound: 0, ok: false, reason };
}

async function runCase(
  one: GoldenCase,
  context: {
    dir: string;
    executor: Executor;
    backend: string;
    precision: Precision;
  },
): Promise<GoldenRow> {
  const { backend, precision } = context;
  const bound = boundIn(one, precision);
  const row = {
    ...{ case: one.name, backend, bound },
    ...(precision === "float16" && { precision }),
  };
  try {
    const error = await one.run(context);
    return { ...row, error, ok: error <= bound };
  } catch (error) {
    const reason = messageOf(error);
    return { ...row, error: null, ok: false, reason };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
