/** A small regression that the loop is tested on: three weights, data made on the fly. */

import { openTfjs } from "../../lib/ops/tfjs/runtime.ts";
import type { Tf } from "../../lib/ops/tfjs/tf.ts";
import type { HostWeights } from "../../train/loop/host_weights.ts";
import { initialWeights } from "../../train/loop/initial_weights.ts";
import { openRanks } from "../../train/ranks/mpi.ts";
import type { TfScalar, TfTensor } from "../../train/loop/tf.ts";
import { train } from "../../train/loop/train.ts";
import type { TrainOptions } from "../../train/loop/train_options.ts";
import type { TrainingData } from "../../train/loop/training_data.ts";

/** Inputs `[N, 8]` and targets `[N, 2]`. */
export interface ToyBatch {
  readonly x: TfTensor;
  readonly y: TfTensor;
}

/** Shapes of the weights. */
export const toyShapes: ReadonlyMap<string, readonly number[]> = new Map([
  ["hidden.weight", [16, 8]],
  ["hidden.bias", [16]],
  ["out.weight", [2, 16]],
]);

/** Opens TensorFlow.js on a backend that is there wherever the tests run. */
export function openToy(): Promise<Tf> {
  return openTfjs("wasm");
}

/** Points, and what a fixed function makes of them, with noise. */
export function toyData(tf: Tf): TrainingData<ToyBatch> {
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
        x: tf.tensor(x, [samples.length, 8]),
        y: tf.tensor(y, [samples.length, 2]),
      };
    },
  };
}

/** Options of a whole run in folder `out`; `change` overrides. */
export function toyRun(
  tf: Tf,
  out: string,
  change: Partial<TrainOptions<ToyBatch>> = {},
): TrainOptions<ToyBatch> {
  const trainable: HostWeights = initialWeights(toyShapes, { seed: 5 });
  return {
    tf,
    name: "toy",
    out,
    steps: 12,
    batch: 8,
    seed: 3,
    data: toyData(tf),
    trainable,
    optimizer: {
      learningRate: 0.02,
      schedule: { kind: "cosine", warmup: 2 },
      clip: 1,
      ema: 0.9,
    },
    checkpoint: { every: 3 },
    loss: ({ x, y }, weights) => {
      const hidden = tf.relu(tf.add(
        tf.matMul(x, weights.get("hidden.weight", [16, 8]), false, true),
        weights.get("hidden.bias", [16]),
      ));
      const out = tf.matMul(
        hidden,
        weights.get("out.weight", [2, 16]),
        false,
        true,
      );
      return tf.mean(tf.square(tf.sub(out, y))) as TfScalar;
    },
    ...change,
  };
}

/** Makes every batch take its time, so that signals meet the run at work. */
function slowly(data: TrainingData<ToyBatch>): TrainingData<ToyBatch> {
  return {
    ...data,
    batch: async (samples) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return await data.batch(samples);
    },
  };
}

/** Ends this process, as the kernel would, when step 6 is prepared. */
function dying(data: TrainingData<ToyBatch>): TrainingData<ToyBatch> {
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
  const tf = await openToy();
  const dies = flags.includes("--die") && ranks.rank === 1;
  const data = dies ? dying(toyData(tf)) : toyData(tf);
  const { step, finished } = await train(
    toyRun(tf, out!, {
      ranks,
      resume: flags.includes("--resume"),
      data: flags.includes("--slow") ? slowly(data) : data,
    }),
  );
  if (ranks.rank === 0) console.log(JSON.stringify({ step, finished }));
  ranks.close();
}
