/** A small regression that the loop is tested on: three weights, data made on the fly. */

import { tensor } from "../../lib/core/tensor.ts";
import type { LossProgram } from "../../lib/ops/loss_program.ts";
import { openTraining } from "../../train/backends/open_training.ts";
import type { TrainingBackend } from "../../train/backends/trainer.ts";
import type { HostWeights } from "../../train/loop/host_weights.ts";
import { initialWeights } from "../../train/loop/initial_weights.ts";
import { openRanks } from "../../train/ranks/mpi.ts";
import type { TrainingBackendName } from "../../train/loop/training_config.ts";
import { train } from "../../train/loop/train.ts";
import type { TrainOptions } from "../../train/loop/train_options.ts";
import type { TrainingData } from "../../train/loop/training_data.ts";

/** Shapes of the weights. */
export const toyShapes: ReadonlyMap<string, readonly number[]> = new Map([
  ["hidden.weight", [16, 8]],
  ["hidden.bias", [16]],
  ["out.weight", [2, 16]],
]);

/** Opens a backend that is there wherever the tests run. */
export function openToy(
  name: TrainingBackendName = "wasm",
): Promise<TrainingBackend> {
  return openTraining(name);
}

/** Points `x` `[N, 8]`, what a fixed function makes of them with noise, `y` `[N, 2]`, and a factor of the loss. */
export function toyData(
  factorAt: (number: number) => number = () => 1,
): TrainingData {
  return {
    length: 100,
    batch(samples) {
      const x = samples.flatMap(({ random }) => [...random.normals(8)]);
      const y = samples.flatMap(({ random }, n) => {
        const at = x.slice(8 * n, 8 * n + 8);
        const noise = 0.1 * random.normal();
        return [Math.tanh(at[0]! + at[1]!) + noise, at[2]! * 0.5];
      });
      return {
        x: tensor([samples.length, 8], Float32Array.from(x)),
        y: tensor([samples.length, 2], Float32Array.from(y)),
        factor: tensor([], Float32Array.of(factorAt(samples[0]!.number))),
      };
    },
  };
}

/** The mean square error of two layers, times a factor. */
export const toyProgram: LossProgram = {
  name: "toy",
  inputs: { x: "float", y: "float", factor: "float" },
  run: (ops, weights, { x, y, factor }) => {
    const none = ops.constant([], Float32Array.of(0));
    const hidden = ops.maximum(
      ops.linear(
        x!,
        weights.get("hidden.weight", [16, 8]),
        weights.get("hidden.bias", [16]),
      ),
      none,
    );
    const out = ops.linear(hidden, weights.get("out.weight", [2, 16]));
    const miss = ops.sub(out, y!);
    return { loss: ops.mul(ops.mean(ops.mul(miss, miss)), factor!) };
  },
};

/** Options of a whole run in folder `out`; `change` overrides. */
export function toyRun(
  backend: TrainingBackend,
  out: string,
  change: Partial<TrainOptions> = {},
): TrainOptions {
  const trainable: HostWeights = initialWeights(toyShapes, { seed: 5 });
  return {
    backend,
    name: "toy",
    out,
    steps: 12,
    batch: 8,
    seed: 3,
    data: toyData(),
    trainable,
    optimizer: {
      learningRate: 0.02,
      schedule: { kind: "cosine", warmup: 2 },
      clip: 1,
      ema: 0.9,
    },
    checkpoint: { every: 3 },
    program: toyProgram,
    ...change,
  };
}

/** Makes every batch take its time, so that signals meet the run at work. */
function slowly(data: TrainingData): TrainingData {
  return {
    ...data,
    batch: async (samples) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return await data.batch(samples);
    },
  };
}

/** Ends this process, as the kernel would, when step 6 is prepared. */
function dying(data: TrainingData): TrainingData {
  return {
    ...data,
    batch(samples) {
      if (samples[0]!.number >= 5 * 8) Deno.kill(Deno.pid, "SIGKILL");
      return data.batch(samples);
    },
  };
}

if (import.meta.main) {
  const [out, ...flags] = Deno.args;
  const ranks = openRanks();
  const backend = await openToy();
  const dies = flags.includes("--die") && ranks.rank === 1;
  const data = dies ? dying(toyData()) : toyData();
  const { step, finished } = await train(
    toyRun(backend, out!, {
      ranks,
      resume: flags.includes("--resume"),
      data: flags.includes("--slow") ? slowly(data) : data,
    }),
  );
  if (ranks.rank === 0) console.log(JSON.stringify({ step, finished }));
  ranks.close();
}
