import { availableParallelism } from "node:os";
import { checkBatch } from "../../lib/ops/check_loss.ts";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import { testedAttention } from "../../lib/ops/gpu/tested_device.ts";
import type { AttentionForm } from "../../lib/ops/onnx/attention.ts";
import { backendOf, copiesAtOnce } from "../../lib/ops/onnx/devices.ts";
import { onnxExecutor } from "../../lib/ops/onnx/executor.ts";
import { writeGradients } from "../../lib/ops/onnx/gradients/gradient_graph.ts";
import {
  GradientSession,
  type LossNumbers,
} from "../../lib/ops/onnx/gradients/gradient_session.ts";
import type { HostWeights } from "../loop/host_weights.ts";
import type { Ranks } from "../ranks/ranks.ts";
import {
  gradientThreads,
  optimizerThreads,
  type SessionThreads,
} from "./thread_counts.ts";
import type {
  Trainer,
  TrainerOptions,
  TrainingBackend,
  TrainingBatch,
  UpdateReport,
} from "./trainer.ts";
import { GradientThreads } from "./gradient_threads.ts";
import { hasRoomBeside } from "./kept_graphs.ts";
import { OnnxOptimizer } from "./onnx_optimizer.ts";
import { partsOf, readOf, shapesOf, splitBatch } from "./split_batch.ts";
import { addTo } from "./weight_places.ts";

/** Options of {@linkcode onnxTraining}. */
export interface OnnxTrainingOptions {
  /** Device of loss and gradients. @default {"cpu"} */
  readonly device?: "cpu" | "cuda" | "webgpu";
  /** Threads of one operation. @default {the number of cores} */
  readonly threads?: number;
}

/** Where and how compiled losses run. */
interface SessionKind extends SessionThreads {
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

/** A loss with its gradients, compiled for batches of one shape. */
interface CompiledLoss {
  /** Adds `share` times the gradients of a batch to those so far. */
  run(batch: TrainingBatch, share: number): Promise<LossNumbers>;
  dispose(): Promise<void>;
}

class OnnxTrainer implements Trainer {
  /** Without the weights at the start, of which the optimizer has a copy. */
  readonly #options: Omit<TrainerOptions, "trainable" | "optimizer">;
  readonly #optimizer: OnnxOptimizer;
  readonly #kind: SessionKind;
  readonly #threads: GradientThreads | undefined;
  /** Parts in which a batch is computed at most. */
  readonly #parts: number;
  /** By the shapes of a batch; the youngest is the last. */
  readonly #compiled = new Map<string, CompiledLoss>();
  /** Where gradients of further batches are written before they are added. */
  #scratch: Float32Array | undefined;
  #filled = false;

  constructor(all: TrainerOptions, kind: SessionKind) {
    const { trainable, optimizer, ...options } = all;
    this.#kind = kind;
    this.#options = options;
    this.#parts = gradientThreads(all, kind);
    const share = this.#parts > 1;
    const count = share ? this.#parts : optimizerThreads(trainable, kind);
    this.#optimizer = new OnnxOptimizer(trainable, optimizer, { count, share });
    const { vector, places } = this.#optimizer;
    this.#threads = share
      ? new GradientThreads(vector, { count: this.#parts, places })
      : undefined;
  }

  async accumulate(batch: TrainingBatch, share: number) {
    const { program, onRecompile } = this.#options;
    checkBatch(program, batch);
    const read = readOf(batch, program);
    const compiled = await this.#compiledFor(read, () => onRecompile?.(batch));
    const numbers = await compiled.run(read, share);
    this.#filled = true;
    return numbers;
  }

  async #compiledFor(
    batch: TrainingBatch,
    onRecompile: () => void,
  ): Promise<CompiledLoss> {
    const key = JSON.stringify(shapesOf(batch));
    const known = this.#compiled.get(key);
    if (known === undefined) {
      if (this.#compiled.size > 0) onRecompile();
      await this.#makeRoom();
    }
    const compiled = known ??
      await (this.#threads === undefined
        ? this.#compileHere(batch)
        : this.#compileOn(this.#threads, key, batch));
    this.#compiled.delete(key);
    this.#compiled.set(key, compiled);
    return compiled;
  }

  /** Compiles for one graph over the whole batch, on this thread. */
  async #compileHere(batch: TrainingBatch): Promise<CompiledLoss> {
    const { program, frozen, recompute } = this.#options;
    const { gradient, weights, vector } = this.#optimizer;
    const session = await GradientSession.compile(program, {
      shapes: shapesOf(batch),
      trained: this.#optimizer.shapes,
      frozen,
      recompute,
      ...(copiesAtOnce(this.#kind.device)
        ? { joined: this.#optimizer.order }
        : {}),
      ...this.#kind,
    });
    const run = async (batch: TrainingBatch, share: number) => {
      const target = this.#filled
        ? this.#scratch ??= new Float32Array(gradient.length)
        : gradient;
      const numbers = await session.run({
        batch,
        weights: { whole: vector, parts: weights },
        gradients: { whole: target, parts: this.#optimizer.views(target) },
        share,
      });
      if (this.#filled) addTo(gradient, target);
      return numbers;
    };
    return { run, dispose: () => session.dispose() };
  }

  /** Compiles for one graph a thread, each over its part of the batch. */
  async #compileOn(
    threads: GradientThreads,
    key: string,
    batch: TrainingBatch,
  ): Promise<CompiledLoss> {
    const { program, frozen, recompute } = this.#options;
    const { gradient, shapes: trained } = this.#optimizer;
    const parts = partsOf(batch, this.#parts);
    const shapes = shapesOf(splitBatch(batch, parts)[0]!);
    const { threads: cores = availableParallelism() } = this.#kind;
    const form = { ...this.#kind, threads: Math.floor(cores / parts) };
    const written = await writeGradients(program, {
      ...{ shapes, trained, frozen, recompute, ...form },
    });
    const graph = { key, parts };
    await threads.open(graph, written);
    return {
      run: (batch, share) => {
        const into = { gradient, begins: !this.#filled };
        return threads.run(graph, { batch, share }, into);
      },
      dispose: () => threads.free(graph),
    };
  }

  async #makeRoom(): Promise<void> {
    for (const [key, compiled] of this.#compiled) {
      if (hasRoomBeside(this.#compiled.size)) return;
      this.#compiled.delete(key);
      await compiled.dispose();
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
    try {
      for (const compiled of this.#compiled.values()) await compiled.dispose();
    } finally {
      // a thread that ended frees nothing, and the others would keep the process alive
      this.#compiled.clear();
      this.#threads?.close();
      this.#optimizer.dispose();
    }
  }
}
