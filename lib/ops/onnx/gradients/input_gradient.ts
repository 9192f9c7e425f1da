import type { GradientCompiler } from "../../input_gradient.ts";
import { sizeOf, type Tensor } from "../../../core/tensor.ts";
import { checkBatch, checkInput } from "../../check_loss.ts";
import { compileGradients, loadOrt, writeGradients } from "./gradient_graph.ts";
import { graphNames } from "./graph_names.ts";

/** Compiles on onnxruntime; `device` and `threads` are those of the executor. */
export function onnxInputGradient(
  session: { device?: "cpu" | "cuda"; threads?: number } = {},
): GradientCompiler {
  return async (program, { weights, by, shapes }) => {
    checkInput(program, by);
    const written = await writeGradients(
      program,
      { ...session, shapes, by: [by], trained: new Map(), frozen: weights },
    );
    const ort = await loadOrt();
    const compiled = await compileGradients(ort, written);
    const given = new Set(compiled.inputNames);
    const tensorOf = ({ shape, data }: Tensor) =>
      new ort.Tensor(
        data instanceof Int32Array ? "int32" : "float32",
        data as Float32Array,
        [...shape],
      );
    return {
      async run(inputs) {
        checkBatch(program, inputs);
        const feeds = Object.fromEntries(
          Object.keys(program.inputs).flatMap((name) => {
            const input = graphNames.batch(name);
            return given.has(input) ? [[input, tensorOf(inputs[name]!)]] : [];
          }),
        );
        if (given.has(graphNames.share)) {
          const data = Float32Array.of(1);
          feeds[graphNames.share] = tensorOf({ shape: [], data });
        }
        const found = await compiled.run(feeds);
        const shape = shapes[by]!;
        const data = written.slopes.has(by)
          ? found[graphNames.slope(by)]!.data as Float32Array
          : new Float32Array(sizeOf(shape));
        const [loss] = found[graphNames.loss]!.data as Float32Array;
        return { loss: loss!, gradient: { shape, data } };
      },
      dispose: () => compiled.release(),
    };
  };
}
