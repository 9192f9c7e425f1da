import type { Tensor as TfTensor } from "@tensorflow/tfjs";
import { checkBatch, checkInput } from "../check_loss.ts";
import type { GradientCompiler } from "../input_gradient.ts";
import { listLossWeights } from "../list_weights.ts";
import { Params } from "../params.ts";
import { lossGradients } from "./loss_gradients.ts";
import { download, upload, uploadWeight } from "./layout.ts";
import type { Tf } from "./tf.ts";

/** Computes on TensorFlow.js. */
export function tfjsInputGradient(tf: Tf): GradientCompiler {
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
          const { loss, gradients } = lossGradients(tf, program, {
            weights: params,
            batch: values,
            by: [x],
          });
          // absent where the loss does not depend on it
          return { loss, gradient: gradients[0] ?? tf.zerosLike(x) };
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
