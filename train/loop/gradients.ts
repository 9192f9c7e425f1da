import { holdingTensors } from "./recompute.ts";
import type { Tf, TfScalar, TfTensor } from "./tf.ts";

/** A loss with its gradients. */
export interface LossAndGradients {
  readonly loss: TfScalar;
  /** One for each requested tensor; `undefined` where the loss does not depend on it. */
  readonly gradients: readonly (TfTensor | undefined)[];
}

/**
 * Value and gradients of `loss` with respect to `tensors`.
 *
 * Unlike `tf.grads`, a tensor that this loss does not depend on (a branch that was dropped) is no
 * error.
 */
export function lossAndGradients(
  tf: Tf,
  loss: () => TfScalar,
  tensors: readonly TfTensor[],
): LossAndGradients {
  const { value, grads } = holdingTensors(
    tf,
    () => tf.engine().gradients(loss, [...tensors], undefined, true),
  );
  return { loss: value as TfScalar, gradients: grads };
}
