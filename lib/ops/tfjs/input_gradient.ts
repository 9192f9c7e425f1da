import type { Scalar, Tensor as TfTensor } from "@tensorflow/tfjs";
import { checkBatch, checkInput, checkNumber } from "../check_loss.ts";
import type { GradientCompiler } from "../input_gradient.ts";
import { listLossWeights } from "../list_weights.ts";
import { Params } from "../params.ts";
import { download, upload, uploadWeight } from "./layout.ts";
import { tfjsLossOps } from "./loss_ops.ts";
import type { Tf } from "./tf.ts";

/** Computes on TensorFlow.js. */
export function tfjsInputGradient(tf: Tf): GradientCompiler {
  const ops = tfjsLossOps(tf);
  return async (program, { weights, by }) => {
    checkInput(program, by);
    const known = new Map<string, TfTensor>();
    for (const [name, shape] of listLossWeights(program)) {
      known.set(name, uploadWeight(tf, shape, await weights.read(name)));
    }
    const params = new Params<TfTensor>((name) => known.get(name)!);
    return {
      async run(inputs) {
        checkBatch(program, inputs);
        const { loss, gradient } = tf.tidy(() => {
          const values = Object.fromEntries(
            Object.entries(program.inputs).map(([name, kind]) =>
              [name, upload(tf, inputs[name]!, kind)] as const
            ),
          );
          const x = values[by]!;
          const found = tf.engine().gradients(
            () => {
              const { loss } = program.run(ops, params, values);
              checkNumber(program, "loss", loss.shape);
              return loss as Scalar;
            },
            [x],
            undefined,
            true,
          );
          // absent where the loss does not depend on it
          const gradient = found.grads[0] ?? tf.zerosLike(x);
          return { loss: found.value, gradient };
        });
        const slope = await download(tf, gradient, program.inputs[by]!);
        const [value] = await loss.data();
        tf.dispose([loss, gradient]);
        return { loss: value!, gradient: slope };
      },
      dispose() {
        tf.dispose([...known.values()]);
        known.clear();
        return Promise.resolve();
      },
    };
  };
}
