import { existsSync } from "node:fs";
import { join } from "node:path";
import { nearest, suggestion } from "../../lib/core/known_keys.ts";
import { quote } from "../../lib/core/quote.ts";
import { LocRefError } from "../../lib/core/error.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { parseConfig, stepsOf } from "./config.ts";
import type { TrainingBackendName, TrainingConfig } from "./training_config.ts";
import { configChanges } from "../config_changes.ts";
import { claimGpu, openRanks } from "../ranks/mpi.ts";
import { openTraining } from "../backends/open_training.ts";
import { type Ranks, soloRank, threadsOf } from "../ranks/ranks.ts";
import { type LoadedData, openLoaders } from "../loaders/loader_pool.ts";
import { type HeldRun, holdRun } from "./hold_run.ts";
import type { OpenStage, Stage } from "./stage.ts";
import { openStageNamed, stageNames } from "./stages.ts";
import { train } from "./train.ts";
import type { TrainResult } from "./train_options.ts";
import type { TrainingBackend } from "../backends/trainer.ts";

/** Options of {@linkcode runStage}. */
export interface RunStageOptions {
  /** Whether to go on from the last checkpoint. @default {false} */
  readonly resume?: boolean;
  /** Backend in place of the config's. */
  readonly device?: TrainingConfig["backend"];
  /** Command that resumes the run after Ctrl-C. */
  readonly resumeCommand?: string;
  /** The processes of this run. @default {those that mpirun started} */
  readonly ranks?: Ranks;
}

/** How a stage ended. */
export interface StageResult {
  /** Steps done. */
  readonly step: number;
  /** Whether these are all. */
  readonly finished: boolean;
  /** Summary of the result by the stage. */
  readonly result?: unknown;
}

/** A stage's module by the name in a config. */
export async function loadStage(
  name: unknown,
  file: string,
): Promise<Stage<TrainingConfig>> {
  const known = stageNames();
  if (typeof name !== "string" || !known.includes(name)) {
    throw new LocRefError(
      "config-invalid",
      `${file}: stage is ${quote(name)}, it must be one of ${known.join(", ")}${
        typeof name === "string" && nearest(name, known) !== undefined
          ? suggestion(name, known)
          : ""
      }`,
    );
  }
  return (await openStageNamed(name))!;
}

/** Reads a config file: its stage and the config, checked and complete. */
export async function readConfig(
  file: string,
): Promise<{ stage: Stage<TrainingConfig>; config: TrainingConfig }> {
  let value: unknown;
  try {
    value = JSON.parse(await Deno.readTextFile(file));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new LocRefError("file-missing", `${file} does not exist`);
    }
    const reason = (cause as Error).message;
    throw new LocRefError("config-invalid", `${file} is no JSON: ${reason}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new LocRefError(
      "config-invalid",
      `${file} must hold an object, got ${quote(value)}`,
    );
  }
  const name = (value as { stage?: unknown }).stage;
  const stage = await loadStage(name, file);
  return { stage, config: parseConfig(stage.schema, value, file) };
}

/** Why `auto` takes a backend, in a few words. */
function reasonFor(name: TrainingBackendName): string {
  if (name === "onnx-cuda" || name === "tensorflow-gpu") {
    return "an NVIDIA GPU is installed";
  }
  if (name === "onnx") {
    return "the fastest on a CPU, 0.6 of TensorFlow's time a step";
  }
  return "backends that are faster do not work here";
}

/** Opens a backend for this rank's share of the processors; says why where `auto` chose it. */
async function openBackend(
  ranks: Ranks,
  wanted: TrainingConfig["backend"],
): Promise<TrainingBackend> {
  const backend = await openTraining(wanted, { threads: threadsOf(ranks) });
  if (wanted === "auto" && ranks.rank === 0) {
    console.error(
      `Training on backend "${backend.name}": ${reasonFor(backend.name)}`,
    );
  }
  return backend;
}

/** Ends all ranks, since the others would wait for the one that failed. */
function abortAll(ranks: Ranks, error: unknown): void {
  console.error(error instanceof Error ? error.message : error);
  console.error(`Rank ${ranks.rank} failed, so all ranks end`);
  ranks.abort(1);
}

/** Runs a stage to its end, or until it is stopped. */
export async function runStage<C extends TrainingConfig>(
  stage: Stage<C>,
  config: C,
  options: RunStageOptions = {},
): Promise<StageResult> {
  const ranks = options.ranks ?? openRanks();
  claimGpu(ranks);
  const backend = await openBackend(ranks, options.device ?? config.backend);
  const executor = await backend.executor();
  let opened: OpenStage | undefined;
  let held: HeldRun | undefined;
  let loaded: LoadedData | undefined;
  try {
    if (ranks.rank === 0) held = await holdRun(config.out);
    const context = { executor, backend: backend.name, ranks };
    opened = await stage.open(config, context);
    if (ranks.rank === 0) {
      if (options.resume) await tellChanges(config);
      await keepConfig(config);
    }
    loaded = await dataOf(opened, config);
    const ended = await trainStage({ ...opened, data: loaded.data }, config, {
      ...options,
      backend,
      ranks,
    });
    const { step, finished, weights } = ended;
    const result = finished && ranks.rank === 0
      ? await opened.finish?.(weights)
      : undefined;
    await ranks.barrier();
    return { step, finished, result };
  } catch (error) {
    if (ranks.size > 1) abortAll(ranks, error);
    throw error;
  } finally {
    loaded?.close();
    await opened?.close?.();
    await held?.release();
    await executor.dispose();
    if (ranks !== soloRank) ranks.close();
  }
}

/** The stage's data, made by loaders where the config wants them. */
async function dataOf(
  { data }: OpenStage,
  config: TrainingConfig,
): Promise<LoadedData> {
  const { loaders } = config;
  if (!loaders) return { data, close: () => {} };
  return await openLoaders(data, { config, loaders });
}

async function trainStage<C extends TrainingConfig>(
  opened: OpenStage,
  config: C,
  context: RunStageOptions & { backend: TrainingBackend; ranks: Ranks },
): Promise<TrainResult> {
  const { backend, ranks, resume, resumeCommand } = context;
  const { name, out, seed, batch, checkpoint, logEvery, sampleEvery } = config;
  const { follows } = config;
  const { clip, ema, ...optimizer } = config.optimizer;
  const draw = opened.sample;
  return await train({
    backend,
    ranks,
    name,
    out,
    seed,
    batch,
    checkpoint,
    logEvery,
    resume,
    follows,
    resumeCommand,
    steps: stepsOf(config, opened.data.length),
    microBatch: config.microBatch ?? undefined,
    program: opened.program,
    data: opened.data,
    trainable: opened.trainable,
    frozen: opened.frozen,
    recompute: opened.recompute,
    optimizer: {
      ...optimizer,
      clip: clip ?? undefined,
      ema: ema ?? undefined,
      decays: opened.decays,
    },
    sample: sampleEvery !== null && draw !== undefined
      ? { every: sampleEvery, draw }
      : undefined,
  });
}

/** Says on stderr what of the config is not as it was when the run began. */
async function tellChanges(config: TrainingConfig): Promise<void> {
  const path = join(config.out, "config.json");
  if (!existsSync(path)) return;
  const before = await readJson<TrainingConfig>(path);
  for (const change of configChanges(before, config)) console.error(change);
}

/** Writes the complete config beside the run's log. */
async function keepConfig(config: TrainingConfig): Promise<void> {
  const text = `${JSON.stringify(config, null, 2)}\n`;
  await writeFileAtomically(join(config.out, "config.json"), text);
}
