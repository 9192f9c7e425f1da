import type { Tensor as TfTensor } from "@tensorflow/tfjs";
import type {
  Executor,
  Program,
  Runner,
  Values,
  WeightSource,
} from "../executor.ts";
import { listWeights } from "../list_weights.ts";
import type { Ops } from "../ops.ts";
import { Params } from "../params.ts";
import type { Tensor } from "../../core/tensor.ts";
import { download, upload, uploadWeight } from "./layout.ts";
import { tfjsOps } from "./ops.ts";
import { openTfjs } from "./runtime.ts";
import type { Tf, TfjsBackend } from "./tf.ts";

/**
 * The executor that runs each operation at once on TensorFlow.js.
 *
 * @throws {LocRefError} `backend-missing`, with the reason and what to do.
 */
export async function tfjsExecutor(backend: TfjsBackend): Promise<Executor> {
  const tf = await openTfjs(backend);
  const ops = tfjsOps(tf);
  const runners = new Set<TfjsRunner>();
  return {
    name: backend,
    ownMemory: backend === "tensorflow-gpu" || backend === "webgpu",
    async compile(program, weights, { inputsComeAgain = true } = {}) {
      const runner = new TfjsRunner(
        { tf, ops, keptInputs: inputsComeAgain ? mostKept : 0 },
        program,
        await uploadAll(tf, program, weights),
      );
      runners.add(runner);
      return runner;
    },
    async dispose() {
      for (const runner of runners) await runner.dispose();
      runners.clear();
    },
  };
}

/** Inputs that come again stay on the device, up to this many at a time. */
const mostKept = 256;

/** How a program is run. */
interface TfjsRunnerOptions {
  readonly tf: Tf;
  readonly ops: Ops<TfTensor>;
  /** How many inputs stay on the device. */
  readonly keptInputs: number;
}

class TfjsRunner implements Runner {
  readonly #tf: Tf;
  readonly #ops: Ops<TfTensor>;
  readonly #keptInputs: number;
  readonly #program: Program;
  readonly #weights: Map<string, TfTensor>;
  readonly #kept = new Map<Tensor, TfTensor>();

  constructor(
    { tf, ops, keptInputs }: TfjsRunnerOptions,
    program: Program,
    weights: Map<string, TfTensor>,
  ) {
    this.#tf = tf;
    this.#ops = ops;
    this.#keptInputs = keptInputs;
    this.#program = program;
    this.#weights = weights;
  }

  async run(inputs: Values<Tensor>): Promise<Values<Tensor>> {
    const { run, outputs } = this.#program;
    const params = new Params<TfTensor>((name) => this.#weights.get(name)!);
    const values = this.#upload(inputs);
    const results = this.#tf.tidy(() => ({
      ...run(this.#ops, params, values),
    }));
    const downloaded: Record<string, Tensor> = {};
    for (const [name, { kind }] of Object.entries(outputs)) {
      downloaded[name] = await download(this.#tf, results[name]!, kind);
    }
    this.#tf.dispose(results);
    this.#forgetOldest();
    return downloaded;
  }

  dispose(): Promise<void> {
    this.#tf.dispose([...this.#weights.values()]);
    this.#tf.dispose([...this.#kept.values()]);
    this.#weights.clear();
    this.#kept.clear();
    return Promise.resolve();
  }

  #upload(inputs: Values<Tensor>): Record<string, TfTensor> {
    const values: Record<string, TfTensor> = {};
    for (const [name, { kind }] of Object.entries(this.#program.inputs)) {
      const input = inputs[name];
      if (input === undefined) {
        throw new TypeError(
          `Program "${this.#program.name}" lacks its input "${name}"`,
        );
      }
      const known = this.#kept.get(input);
      const value = known ?? upload(this.#tf, input, kind);
      this.#kept.delete(input);
      this.#kept.set(input, value); // Now the youngest
      values[name] = value;
    }
    return values;
  }

  #forgetOldest(): void {
    for (const [input, value] of this.#kept) {
      if (this.#kept.size <= this.#keptInputs) return;
      this.#kept.delete(input);
      value.dispose();
    }
  }
}

async function uploadAll(
  tf: Tf,
  program: Program,
  weights: WeightSource,
): Promise<Map<string, TfTensor>> {
  const uploaded = new Map<string, TfTensor>();
  for (const [name, shape] of listWeights(program)) {
    uploaded.set(name, uploadWeight(tf, shape, await weights.read(name)));
  }
  return uploaded;
}
