import { availableParallelism } from "node:os";
import { checkBatch } from "../../lib/ops/check_loss.ts";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import { testedAttention } from "../../lib/ops/gpu/tested_device.ts";
import type { AttentionForm } from "../../lib/ops/onnx/attention.ts";
import { backendOf, copiesAtOnce } from "../../lib/ops/onnx/devices.ts";
import { freeMemory } from "../../lib/pipeline/programs/free_memory.ts";
import { onnxExecutor } from "../../lib/ops/onnx/executor.ts";
import { GradientSession } from "../../lib/ops/onnx/gradients/gradient_session.ts";
import type { HostWeights } from "../loop/host_weights.ts";
import type { Ranks } from "../ranks/ranks.ts";
import type {
  Trainer,
  TrainerOptions,
  TrainingBackend,
  TrainingBatch,
  UpdateReport,
} from "./trainer.ts";
import { OnnxOptimizer } from "./onnx_optimizer.ts";

/** Options of {@linkcode onnxTraining}. */
export interface OnnxTrainingOptions {
  /** Device of loss and gradients. @default {"cpu"} */
  readonly device?: "cpu" | "cuda" | "webgpu";
  /** Threads of one operation. @default {the number of cores} */
  readonly threads?: number;
}

/** Where and how compiled losses run. */
interface SessionKind extends OnnxTrainingOptions {
  /** Form of attention that is right on the device. @default {"fused"} */
  readonly attention?: AttentionForm;
}

/**
 * Training on onnxruntime: loss and gradients are one compiled graph, the optimizer a loop on the
 * host. A GPU's provider leaves what it lacks to the CPU.
 *
 * @throws {LocRefError} `backend-missing` if onnxruntime or the device is missing.
 */
export async function onnxTraining(
  { device = "cpu", threads }: OnnxTrainingOptions = {},
): Promise<TrainingBackend> {
  // fails where the package or the device is missing
  const probe = await onnxExecutor({ device });
  await probe.dispose();
  const attention = device === "webgpu"
    ? await testedAttention(await importPackage("onnxruntime"), device)
    : "fused";
  const kind = { device, threads, attention };
  return {
    name: backendOf(device),
    compiles: true,
    open: (options) => Promise.resolve(new OnnxTrainer(options, kind)),
    executor: () => onnxExecutor({ device, threads }),
  };
}

/** Values from which on a further thread is worth its copies. */
const valuesOfThread = 2 ** 19;

/** Threads of a step of AdamW: on the CPU the graph needs all cores, and a step is short beside it. */
function optimizerThreads(
  weights: HostWeights,
  { device = "cpu", threads = availableParallelism() }: SessionKind,
): number {
  if (device === "cpu") return 1;
  const values = [...weights.values()].reduce(
    (sum, { data }) => sum + data.length,
    0,
  );
  return Math.max(1, Math.min(8, threads, Math.floor(values / valuesOfThread)));
}

/** Compiled forms that are kept for batches of different shapes, whatever memory is free. */
const leastKept = 3;

/** Compiled forms that are kept where memory allows: a run of several sizes comes to each again. */
const mostKept = 8;

/** Returns whether one more compiled form fits. Each holds the memory of its largest run. */
function hasRoomBeside(kept: number): boolean {
  if (kept < leastKept) return true;
  const each = Deno.memoryUsage().rss / kept;
  return kept < mostKept && (freeMemory() ?? 0) > 2 * each;
}

class OnnxTrainer implements Trainer {
  /** Without the weights at the start, of which the optimizer has a copy. */
  readonly #options: Omit<TrainerOptions, "trainable" | "optimizer">;
  readonly #optimizer: OnnxOptimizer;
  readonly #kind: SessionKind;
  /** By the shapes of a batch; the youngest is the last. */
  readonly #sessions = new Map<string, GradientSession>();
  /** Where gradients of further batches are written before they are added. */
  #scratch: Float32Array | undefined;
  #filled = false;

  constructor(
    { trainable, optimizer, ...options }: TrainerOptions,
    kind: SessionKind,
  ) {
    this.#kind = kind;
    this.#options = options;
    const threads = optimizerThreads(trainable, kind);
    this.#optimizer = new OnnxOptimizer(trainable, optimizer, threads);
  }

  async accumulate(batch: TrainingBatch, share: number) {
    checkBatch(this.#options.program, batch);
    const { gradient, weights, vector } = this.#optimizer;
    const session = await this.#sessionFor(batch);
    const target = this.#filled
      ? this.#scratch ??= new Float32Array(gradient.length)
      : gradient;
    const numbers = await session.run({
      batch,
      weights: { whole: vector, parts: weights },
      gradients: { whole: target, parts: this.#optimizer.views(target) },
      share,
    });
    if (this.#filled) {
      for (let i = 0; i < gradient.length; i++) gradient[i]! += target[i]!;
    }
    this.#filled = true;
    return numbers;
  }

  async #sessionFor(batch: TrainingBatch): Promise<GradientSession> {
    const { program, frozen, recompute, onRecompile } = this.#options;
    const shapes = Object.fromEntries(
      Object.keys(program.inputs).map((name) => [name, batch[name]!.shape]),
    );
    const key = JSON.stringify(shapes);
    const known = this.#sessions.get(key);
    if (known === undefined) {
      if (this.#sessions.size > 0) onRecompile?.(batch);
      await this.#makeRoom();
    }
    const session = known ?? await GradientSession.compile(program, {
      shapes,
      trained: this.#optimizer.shapes,
      frozen,
      recompute,
      ...(copiesAtOnce(this.#kind.device)
        ? { joined: this.#optimizer.order }
        : {}),
      ...this.#kind,
    });
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    return session;
  }

  async #makeRoom(): Promise<void> {
    for (const [key, session] of this.#sessions) {
      if (hasRoomBeside(this.#sessions.size)) return;
      this.#sessions.delete(key);
      await session.dispose();
    }
  }

  gradients(): Promise<HostWeights> {
    const { gradient, shapes } = this.#optimizer;
    const views = this.#optimizer.views(gradient);
    return Promise.resolve(
      new Map(
        [...views].map(([name, data]) => [name, {
          shape: shapes.get(name)!,
          data: data.slice(),
        }]),
      ),
    );
  }

  async exchange(ranks: Ranks): Promise<void> {
    await ranks.sum(this.#optimizer.gradient);
  }

  async update(step: number, steps: number): Promise<UpdateReport> {
    this.#filled = false;
    return await this.#optimizer.step(step, steps);
  }

  discard(): void {
    this.#filled = false;
  }

  export(): Promise<HostWeights> {
    return Promise.resolve(this.#optimizer.export());
  }

  save(): Promise<HostWeights> {
    return Promise.resolve(this.#optimizer.save());
  }

  restore(saved: HostWeights): void {
    this.#optimizer.restore(saved);
  }

  tensors(): undefined {}

  async dispose(): Promise<void> {
    for (const session of this.#sessions.values()) await session.dispose();
    this.#sessions.clear();
    this.#optimizer.dispose();
  }
}
