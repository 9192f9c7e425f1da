import type { Tensor } from "../../lib/core/tensor.ts";
import type {
  Executor,
  Program,
  Values,
  WeightSource,
} from "../../lib/ops/executor.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import { casesOfFolder } from "../../tools/golden/golden_sets.ts";

/** A program with all that its first run was given. */
export interface RecordedProgram {
  readonly program: Program;
  readonly weights: WeightSource;
  readonly inputs: Values<Tensor>;
}

/** The programs that a golden case runs, each with the inputs of its first run on the CPU. */
export async function recordedPrograms(
  dir: string,
  name: string,
): Promise<RecordedProgram[]> {
  const one = (await casesOfFolder(dir)).cases.find((one) => one.name === name);
  if (one === undefined) {
    throw new RangeError(`No golden case of "${dir}" is named "${name}"`);
  }
  const { executor } = await openExecutor("onnx");
  const recorded: RecordedProgram[] = [];
  const recording: Executor = {
    name: executor.name,
    async compile(program, weights, options) {
      const runner = await executor.compile(program, weights, options);
      let first = true;
      return {
        run(inputs) {
          if (first) recorded.push({ program, weights, inputs });
          first = false;
          return runner.run(inputs);
        },
        dispose: () => runner.dispose(),
      };
    },
    dispose: () => executor.dispose(),
  };
  try {
    await one.run({ dir, executor: recording });
  } finally {
    await executor.dispose();
  }
  return recorded;
}
