import type { Tf, TfScalar, TfTensor } from "../loop/tf.ts";

/** The norm of all `gradients` together, `√Σ‖g‖²`. */
export function globalNorm(tf: Tf, gradients: readonly TfTensor[]): TfScalar {
  return tf.tidy(() => {
    const squares = gradients.map((g) => tf.sum(tf.square(g)));
    return tf.sqrt(tf.addN(squares)) as TfScalar;
  });
}

/** Factor for gradients of a `norm`, so that it becomes `limit` at most. */
export function clipFactor(tf: Tf, norm: TfScalar, limit: number): TfScalar {
  return tf.tidy(() =>
    tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6))) as TfScalar
  );
}
