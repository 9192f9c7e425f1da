import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { Values } from "../../executor.ts";
import type { LossProgram } from "../../loss_program.ts";
import type { Tensor } from "../../../core/tensor.ts";
import {
  compileGradients,
  type GradientSessionOptions,
  loadOrt,
  type Ort,
  writeGradients,
  type WrittenGradients,
} from "./gradient_graph.ts";
import { rowLength } from "./joined_weights.ts";
import { graphNames } from "./graph_names.ts";

/** A number for each value of all trained weights. */
export interface WeightVector {
  /** All, in the order of `joined` where that is given; each begins a row of {@linkcode rowLength} values. */
  readonly whole: Float32Array;
  /** The parts of it, by the weights' names. */
  readonly parts: ReadonlyMap<string, Float32Array>;
}

/** A batch, with weights and gradients where they lie. */
export interface GradientRun {
  /** The batch. */
  readonly batch: Values<Tensor>;
  /** Current values of all trained weights. They are read where they lie. */
  readonly weights: WeightVector;
  /** Where the gradients are written. */
  readonly gradients: WeightVector;
  /** Factor of the gradients. */
  readonly share: number;
}

/** The loss of a batch and its metrics. */
export type LossNumbers = Readonly<Record<string, number>> & {
  readonly loss: number;
};

/** A loss with its gradients as one compiled graph, for batches of one shape. */
export class GradientSession {
  readonly #ort: Ort;
  readonly #session: InferenceSession;
  readonly #form: Omit<WrittenGradients, "bytes">;

  /** Writes the graph down and compiles it. */
  static async compile(
    program: LossProgram,
    options: GradientSessionOptions,
  ): Promise<GradientSession> {
    return await GradientSession.open(await writeGradients(program, options));
  }

  /** Compiles a graph that was written down, maybe on another thread. */
  static async open(written: WrittenGradients): Promise<GradientSession> {
    const ort = await loadOrt();
    const session = await compileGradients(ort, written);
    const { bytes: _, ...form } = written;
    return new GradientSession(ort, session, form);
  }

  private constructor(
    ort: Ort,
    session: InferenceSession,
    form: Omit<WrittenGradients, "bytes">,
  ) {
    this.#ort = ort;
    this.#session = session;
    this.#form = form;
  }

  /** Loss, metrics and gradients of a batch. Gradients that the loss does not depend on become zero. */
  async run(
    { batch, weights, gradients, share }: GradientRun,
  ): Promise<LossNumbers> {
    const { trained, shapes, joined } = this.#form;
    const feeds: Record<string, OrtTensor> = {};
    const given = new Set(this.#session.inputNames);
    const feed = (
      name: string,
      shape: readonly number[],
      data: Tensor["data"],
    ) => {
      if (given.has(name)) feeds[name] = this.#tensor(shape, data);
    };
    for (const [name, shape] of Object.entries(shapes)) {
      feed(graphNames.batch(name), shape, batch[name]!.data);
    }
    for (const [name, shape] of trained) {
      feed(graphNames.weight(name), shape, weights.parts.get(name)!);
    }
    const inRows = [weights.whole.length / rowLength, rowLength];
    feed(graphNames.weights, inRows, weights.whole);
    feed(graphNames.share, [], Float32Array.of(share));
    const { gradients: dependent, metrics } = this.#form;
    const fetches: Record<string, OrtTensor | null> = {
      [graphNames.loss]: null,
    };
    for (const name of metrics) fetches[graphNames.metric(name)] = null;
    for (const [name, shape] of dependent) {
      const place = this.#tensor(shape, gradients.parts.get(name)!);
      fetches[graphNames.gradient(name)] = place;
    }
    if (joined) {
      fetches[graphNames.gradients] = this.#tensor(inRows, gradients.whole);
    }
    const results = await this.#session.run(feeds, fetches);
    for (const [name, data] of joined ? [] : gradients.parts) {
      if (!dependent.has(name)) data.fill(0);
    }
    const number = (name: string) => (results[name]!.data as Float32Array)[0]!;
    return {
      loss: number(graphNames.loss),
      ...Object.fromEntries(
        metrics.map((name) => [name, number(graphNames.metric(name))]),
      ),
    };
  }

  /** Frees the session; a profile is written then. */
  async dispose(): Promise<void> {
    if (this.#form.settings.enableProfiling) this.#session.endProfiling();
    await this.#session.release();
  }

  #tensor(shape: readonly number[], data: Tensor["data"]): OrtTensor {
    const type = data instanceof Int32Array ? "int32" : "float32";
    return new this.#ort.Tensor(type, data as Float32Array, [...shape]);
  }
}
