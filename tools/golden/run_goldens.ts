import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Executor } from "../../lib/ops/executor.ts";
import {
  type BackendName,
  backendNames,
  openExecutor,
} from "../../lib/ops/open_executor.ts";
import { onnxExecutor } from "../../lib/ops/onnx/executor.ts";
import { trainGolden } from "./train_cases.ts";
import type { GoldenCase, GoldenRow } from "./golden_case.ts";
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
  /** Backends to run on. @default {all but cpu, as far as they are there} */
  backends?: readonly GoldenBackend[];
  /** Only cases whose name begins with this. */
  only?: string;
  /** Only cases that code runs: one that no code runs yet is no failure. @default {false} */
  built?: boolean;
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

/** What {@linkcode runGoldens} found. */
export interface GoldenResults {
  readonly rows: readonly GoldenRow[];
  /** Backends that are not there. */
  readonly missing: readonly MissingBackend[];
}

/** Every backend that goldens are run on unless told otherwise. */
export const goldenBackends: readonly GoldenBackend[] = [
  "onnx",
  "onnx-winograd",
  "tensorflow",
  "wasm",
  "tensorflow-gpu",
  "onnx-cuda",
  "webgpu",
];

/** Runs every golden case of `dir` on every backend. */
export async function runGoldens(
  dir: string,
  options: RunGoldensOptions = {},
): Promise<GoldenResults> {
  const { backends = goldenBackends, only = "", built, onRow } = options;
  const found = await casesOfFolder(dir);
  const cases = found.cases.filter(({ name }) => name.startsWith(only));
  const notBuilt = built
    ? []
    : found.notBuilt.filter((name) => name.startsWith(only));
  const rows: GoldenRow[] = [];
  const missing: MissingBackend[] = [];
  for (const name of backends) {
    let executor: Executor;
    try {
      executor = await openBackend(name);
    } catch (error) {
      missing.push({ name, reason: messageOf(error) });
      continue;
    }
    for (const one of cases) {
      const row = await runCase(one, { dir, executor, backend: name });
      rows.push(row);
      onRow?.(row);
    }
    await executor.dispose();
    const others = [
      ...notBuilt.map((one) => notBuiltRow(one, name)),
      ...await trainingRows(dir, name, only),
    ];
    for (const row of others) {
      rows.push(row);
      onRow?.(row);
    }
  }
  return { rows, missing };
}

async function openBackend(name: GoldenBackend): Promise<Executor> {
  if (name === "onnx-winograd") return await onnxExecutor({ winogradFrom: 0 });
  return (await openExecutor(name)).executor;
}

/** Backends with gradients, on which training is compared too. */
const trainingBackends = [
  "tensorflow-gpu",
  "tensorflow",
  "onnx",
  "wasm",
  "cpu",
] as const;

async function trainingRows(
  dir: string,
  name: GoldenBackend,
  only: string,
): Promise<GoldenRow[]> {
  const backend = trainingBackends.find((one) => one === name);
  const files = existsSync(join(dir, "ddim.json"));
  if (
    !files || !backend ||
    !["train", "adamw"].some((one) => one.startsWith(only))
  ) {
    return [];
  }
  const results = await trainGolden(dir, backend);
  return results
    .filter((result) => result.case.startsWith(only))
    .map((result) => ({ ...result, backend }));
}

/** A case whose files lie in the set and that no code runs counts as failed. */
function notBuiltRow(name: string, backend: string): GoldenRow {
  const reason = "not built";
  return { case: name, backend, error: null, bound: 0, ok: false, reason };
}

async function runCase(
  one: GoldenCase,
  context: { dir: string; executor: Executor; backend: string },
): Promise<GoldenRow> {
  const { backend } = context;
  const { name, bound } = one;
  try {
    const error = await one.run(context);
    return { case: name, backend, error, bound, ok: error <= bound };
  } catch (error) {
    const reason = messageOf(error);
    return { case: name, backend, error: null, bound, ok: false, reason };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
