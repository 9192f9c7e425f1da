import type { Tf, TfTensor } from "../loop/tf.ts";
import { type AdamwSettings, type AdamwState, adamwStep } from "./adamw.ts";
import {
  type AdamwBucket,
  type AdamwKind,
  adamwKinds,
} from "./adamw_bucket.ts";

/** AdamW out of elementwise operations, on any backend. */
export class PlainAdamwBucket implements AdamwBucket {
  readonly #tf: Tf;
  #state: AdamwState;

  /** Takes a copy of `weights`. */
  constructor(tf: Tf, weights: TfTensor) {
    this.#tf = tf;
    this.#state = {
      weights: tf.clone(weights),
      mean: tf.zerosLike(weights),
      square: tf.zerosLike(weights),
    };
  }

  read(kind: AdamwKind): TfTensor {
    return this.#tf.clone(this.#state[kind]);
  }

  assign(kind: AdamwKind, values: TfTensor): void {
    this.#state[kind].dispose();
    this.#state = { ...this.#state, [kind]: this.#tf.clone(values) };
  }

  step(gradient: TfTensor, step: number, settings: AdamwSettings): void {
    const before = this.#state;
    this.#state = adamwStep(this.#tf, before, gradient, step, settings);
    for (const kind of adamwKinds) before[kind].dispose();
  }

  dispose(): void {
    for (const kind of adamwKinds) this.#state[kind].dispose();
  }
}
