import type { Runner, Values } from "../../ops/executor.ts";
import type { Tensor } from "../../core/tensor.ts";
import { isWhole } from "../../bases/whole_inputs.ts";
import { sliceBatch } from "../../core/tensor_rows.ts";

/** Runs the denoiser in full, or its outermost layers on deep features of an earlier step. */
export interface StepRunner {
  /**
   * @param rows 2 for the unconditional and the conditional branch, 1 for the latter alone.
   * @param given inputs for both branches, sample and time for `rows`.
   */
  run(given: Values<Tensor>, rows: number): Promise<Values<Tensor>>;
}

/** Options of {@linkcode stepRunner}. */
export interface StepRunnerOptions {
  /** The outermost layers alone ({@linkcode DenoiserForm.deep}). */
  shallow?: Runner;
  /** The whole UNet runs in every n-th step. @default {1} */
  every?: number;
}

/** Decides, step by step, what of the UNet is computed. */
export function stepRunner(
  unet: Runner,
  options: StepRunnerOptions = {},
): StepRunner {
  const { shallow, every = 1 } = options;
  const halve = halver();
  let deep: Tensor | undefined;
  let age = 0;
  return {
    async run(given, rows) {
      const inputs = rows === 1 ? halve(given) : given;
      const known = deep && deep.shape[0]! >= rows ? deep : undefined;
      if (shallow === undefined || known === undefined || age + 1 >= every) {
        const outputs = await unet.run(inputs);
        deep = outputs.deep;
        age = 0;
        return outputs;
      }
      age++;
      const own = known.shape[0] === rows ? known : lastRow(known);
      return await shallow.run({ ...inputs, deep: own });
    },
  };
}

/** Keeps the conditional half of whatever has both, each tensor halved once. */
function halver(): (values: Values<Tensor>) => Values<Tensor> {
  const halves = new WeakMap<Tensor, Tensor>();
  const half = (x: Tensor) => {
    if (x.shape[0] !== 2 || isWhole(x)) return x;
    if (!halves.has(x)) halves.set(x, lastRow(x));
    return halves.get(x)!;
  };
  return (values) =>
    Object.fromEntries(
      Object.entries(values).map(([name, x]) => [name, half(x)]),
    );
}

function lastRow(x: Tensor): Tensor {
  const rows = x.shape[0]!;
  return sliceBatch(x, rows - 1, rows);
}
