import type { Tensor } from "../../../../../lib/core/tensor.ts";
import type { Program } from "../../../../../lib/ops/executor.ts";
import { onnxExecutor } from "../../../../../lib/ops/onnx/executor.ts";
import { writeProgram } from "../../../../../lib/ops/onnx/program.ts";
import type { OnnxGraph } from "../../../../../lib/ops/onnx/proto.ts";
import { random } from "../../../../../lib/core/random.ts";
import { memoryWeights } from "../../memory_weights.ts";

/** Sizes of a convolution of 3 × 3. */
export interface ConvolutionCase {
  readonly channels: number;
  readonly out: number;
  readonly height: number;
  readonly width: number;
  readonly batch: number;
  readonly bias: boolean;
}

function weightsOf({ channels, out }: ConvolutionCase) {
  const numbers = random("convolution", channels, out);
  const values = (length: number) =>
    Float32Array.from({ length }, () => 2 * numbers.uniform() - 1);
  return memoryWeights({
    weight: { shape: [out, channels, 3, 3], data: values(9 * out * channels) },
    bias: { shape: [out], data: values(out) },
  });
}

/** The result of a program for random pictures and weights. */
export async function convolve(
  program: Program,
  one: ConvolutionCase,
  winogradFrom: number,
): Promise<Tensor> {
  const { batch, channels, height, width } = one;
  const numbers = random("picture", height, width);
  const data = Float32Array.from(
    { length: batch * channels * height * width },
    () => 2 * numbers.uniform() - 1,
  );
  const executor = await onnxExecutor({ winogradFrom, threads: 1 });
  const runner = await executor.compile(program, weightsOf(one));
  const x = { shape: [batch, channels, height, width], data };
  const { y } = await runner.run({ x });
  await executor.dispose();
  return y!;
}

/** The graph that a program is written down as. */
export async function graphOf(
  program: Program,
  one: ConvolutionCase,
  winogradFrom: number,
): Promise<OnnxGraph> {
  const { graph } = await writeProgram(program, weightsOf(one), {
    winogradFrom,
  });
  return graph;
}

/** Types of its nodes. */
export async function nodeTypes(
  ...of: Parameters<typeof graphOf>
): Promise<string[]> {
  const { nodes } = await graphOf(...of);
  return nodes.map(({ type }) => type);
}
