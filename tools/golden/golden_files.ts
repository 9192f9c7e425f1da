import { join } from "node:path";
import type {
  Executor,
  Program,
  Values,
  WeightSource,
} from "../../lib/ops/executor.ts";
import {
  computeKeyValues,
  type KeyValues,
} from "../../lib/bases/key_values.ts";
import type { Tensor } from "../../lib/core/tensor.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";

/** All tensors of a golden file, by name. */
export async function readGoldens(
  dir: string,
  name: string,
): Promise<Record<string, Tensor>> {
  const file = await openSafetensors(join(dir, `${name}.safetensors`));
  const tensors: Record<string, Tensor> = {};
  for (const key of file.names()) tensors[key] = await file.readTensor(key);
  return tensors;
}

/** Compiles `program`, runs it once and frees it. */
export async function runOnce(
  executor: Executor,
  program: Program,
  options: { weights: WeightSource; inputs: Values<Tensor> },
): Promise<Values<Tensor>> {
  const runner = await executor.compile(program, options.weights);
  try {
    return await runner.run(options.inputs);
  } finally {
    await runner.dispose();
  }
}

/** Keys and values of `tokens`, by a program that is compiled for them alone. */
export async function keyValuesOnce(
  executor: Executor,
  program: Program,
  { weights, tokens }: { weights: WeightSource; tokens: Tensor },
): Promise<KeyValues> {
  const runner = await executor.compile(program, weights);
  try {
    return await computeKeyValues(runner, tokens);
  } finally {
    await runner.dispose();
  }
}
