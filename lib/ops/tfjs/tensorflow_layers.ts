/** Linear layers and biases as single kernels of the tensorflow backend, with their gradients. */

import type { Tensor, TensorInfo } from "@tensorflow/tfjs";
import type { NodeBackend } from "./node_backend.ts";
import { runBias, runBiasGradient, runEinsum } from "./node_operations.ts";
import type { Tf } from "./tf.ts";

/** `x Wᵀ` over the last axis: `x` is `[…, in]`, `weight` `[out, in]`. */
const linearKernel = "LocRefLinear";
/** `x + bias` over the last axis. */
const biasKernel = "LocRefBias";

/**
 * Makes {@linkcode linearOf} and {@linkcode biasedOf} known to `tf`. As single kernels they need no
 * reshapes (`Einsum` takes any rank), a third of the entries on the tape, and gradients only of what
 * is trained.
 */
export function registerTensorflowLayers(tf: Tf): void {
  const backendName = "tensorflow";
  tf.registerKernel({
    kernelName: linearKernel,
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { x, weight } = inputs as Record<string, TensorInfo>;
      const rows = rowsOf(x!);
      const equation = `${rows}i,oi->${rows}o`;
      return runEinsum(backend as NodeBackend, equation, x!, weight!);
    },
  });
  tf.registerGradient({
    kernelName: linearKernel,
    inputsToSave: ["x", "weight"],
    gradFunc: (dy, saved) => {
      const [x, weight] = saved as [Tensor, Tensor];
      const rows = rowsOf(x);
      const backend = tf.backend() as unknown as NodeBackend;
      const product = (equation: string, a: TensorInfo, b: TensorInfo) =>
        runEinsum(backend, equation, a, b) as Tensor;
      return {
        x: () => product(`${rows}o,oi->${rows}i`, dy as Tensor, weight),
        weight: () => product(`${rows}o,${rows}i->oi`, dy as Tensor, x),
      };
    },
  });
  tf.registerKernel({
    kernelName: biasKernel,
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { x, bias } = inputs as Record<string, TensorInfo>;
      return runBias(backend as NodeBackend, x!, bias!);
    },
  });
  tf.registerGradient({
    kernelName: biasKernel,
    gradFunc: (dy) => {
      const backend = tf.backend() as unknown as NodeBackend;
      return {
        x: () => tf.clone(dy as Tensor),
        bias: () => runBiasGradient(backend, dy as Tensor) as Tensor,
      };
    },
  });
}

/** Whether this backend has the kernels. */
export function hasTensorflowLayers(tf: Tf): boolean {
  return tf.getKernel(linearKernel, tf.getBackend()) !== undefined;
}

/** `x Wᵀ` for `x` `[…, in]` and `weight` `[out, in]`, without a bias. */
export function linearOf(tf: Tf, x: Tensor, weight: Tensor): Tensor {
  return tf.engine().runKernel(linearKernel, { x, weight });
}

/** `x + bias` for `x` `[…, channels]`, at least two axes. */
export function biasedOf(tf: Tf, x: Tensor, bias: Tensor): Tensor {
  return tf.engine().runKernel(biasKernel, { x, bias });
}

/** A letter for each axis but the last. */
function rowsOf({ shape }: TensorInfo): string {
  return "abcdefgh".slice(0, shape.length - 1);
}
