import type { Executor, Program, Runner } from "../../../lib/ops/executor.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import { type HostWeights, readHostWeights } from "../../loop/host_weights.ts";

/** Reads the weights of `shapes` from one part of a model, a safetensors file. */
export async function readPart(
  path: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<HostWeights> {
  return await readHostWeights(await openSafetensors(path), shapes);
}

/** A part of a model that is not trained. */
export interface FrozenPart {
  readonly runner: Runner;
  readonly dispose: () => Promise<void>;
}

/** Compiles `program` with the weights of one part of a model. */
export async function openFrozenPart(
  executor: Executor,
  path: string,
  program: Program,
): Promise<FrozenPart> {
  const runner = await executor.compile(program, await openSafetensors(path), {
    inputsComeAgain: false,
  });
  return { runner, dispose: () => runner.dispose() };
}
