/**
 * AdamW on TensorFlow's kernel `ResourceApplyAdam`, which updates weights and both moments in one
 * pass over memory, where single operations need fourteen.
 */

import {
  type Attribute,
  flagAttribute,
  type NodeBackend,
  textAttribute,
  typeAttribute,
} from "../../lib/ops/tfjs/node_backend.ts";
import type { Tf, TfTensor } from "../loop/tf.ts";
import type { AdamwSettings } from "./adamw.ts";
import {
  type AdamwBucket,
  type AdamwKind,
  adamwKinds,
} from "./adamw_bucket.ts";

/** Whether this backend has the kernel. */
export function hasFusedAdam(tf: Tf): boolean {
  const backend = tf.backend() as unknown as Partial<NodeBackend>;
  return tf.getBackend() === "tensorflow" && backend.binding !== undefined &&
    backend.executeSingleOutput !== undefined;
}

let made = 0;

/** A bucket in TensorFlow's own variables. */
export class FusedAdamwBucket implements AdamwBucket {
  readonly #tf: Tf;
  readonly #backend: NodeBackend;
  readonly #handles: Readonly<Record<AdamwKind, TfTensor>>;

  /** Takes a copy of `weights`. */
  constructor(tf: Tf, weights: TfTensor) {
    this.#tf = tf;
    this.#backend = tf.backend() as unknown as NodeBackend;
    const name = `adamw-${made++}`;
    const variable = (kind: AdamwKind) =>
      this.#runOne("VarHandleOp", [
        textAttribute(this.#backend, "container", ""),
        textAttribute(this.#backend, "shared_name", `${name}-${kind}`),
        typeAttribute(this.#backend, "dtype"),
        {
          name: "shape",
          type: this.#backend.binding.TF_ATTR_SHAPE,
          value: weights.shape,
        },
      ], []);
    this.#handles = {
      weights: variable("weights"),
      mean: variable("mean"),
      square: variable("square"),
    };
    this.assign("weights", weights);
    const zeros = tf.zerosLike(weights);
    this.assign("mean", zeros);
    this.assign("square", zeros);
    zeros.dispose();
  }

  read(kind: AdamwKind): TfTensor {
    const attributes = [typeAttribute(this.#backend, "dtype")];
    return this.#runOne("ReadVariableOp", attributes, [this.#handles[kind]]);
  }

  assign(kind: AdamwKind, values: TfTensor): void {
    const attributes = [typeAttribute(this.#backend, "dtype")];
    this.#run("AssignVariableOp", attributes, [this.#handles[kind], values]);
  }

  step(gradient: TfTensor, step: number, settings: AdamwSettings): void {
    const {
      learningRate = 1e-4,
      betas: [beta1, beta2] = [0.9, 0.999],
      epsilon = 1e-8,
      weightDecay = 0.01,
    } = settings;
    const tf = this.#tf;
    const decay = 1 - learningRate * weightDecay;
    if (decay !== 1) this.#scaleWeights(decay);
    tf.tidy(() => {
      // the kernel rounds βᵗ, of which little is left in 1 − βᵗ: the bias is corrected here, with
      // the decay rates that it has, and ε is added after that, as in PyTorch
      const correction = Math.sqrt(1 - Math.fround(beta2) ** step);
      const rate = learningRate * correction /
        (1 - Math.fround(beta1) ** step);
      const { weights, mean, square } = this.#handles;
      const numbers = [0, 0, rate, beta1, beta2, epsilon * correction]
        .map((value) => tf.scalar(value));
      this.#run("ResourceApplyAdam", [
        typeAttribute(this.#backend, "T"),
        flagAttribute(this.#backend, "use_locking", false),
        flagAttribute(this.#backend, "use_nesterov", false),
      ], [weights, mean, square, ...numbers, gradient]);
    });
  }

  #scaleWeights(factor: number): void {
    const scaled = this.#tf.tidy(() =>
      this.#tf.mul(this.read("weights"), factor)
    );
    this.assign("weights", scaled);
    // a variable whose memory somebody else holds is copied before it is written to
    scaled.dispose();
  }

  dispose(): void {
    for (const kind of adamwKinds) {
      const handle = this.#handles[kind];
      this.#run("DestroyResourceOp", [
        flagAttribute(this.#backend, "ignore_lookup_error", false),
      ], [
        handle,
      ]);
      handle.dispose();
    }
  }

  #runOne(name: string, attributes: Attribute[], inputs: TfTensor[]): TfTensor {
    const made = this.#backend.executeSingleOutput(name, attributes, inputs);
    return made as TfTensor;
  }

  #run(name: string, attributes: Attribute[], inputs: TfTensor[]): void {
    this.#backend.executeMultipleOutputs(name, attributes, inputs, 0);
  }
}
