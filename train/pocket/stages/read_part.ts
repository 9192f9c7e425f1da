import type { Program } from "../../../lib/ops/executor.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";
import { Params } from "../../../lib/ops/params.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import {
  type HostWeights,
  readHostWeights,
  toDevice,
} from "../../loop/host_weights.ts";
import type { Tf, TfTensor } from "../../loop/tf.ts";

/** Reads the weights of `shapes` from one part of a model, a safetensors file. */
export async function readPart(
  path: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<HostWeights> {
  return await readHostWeights(await openSafetensors(path), shapes);
}

/** Weights on the training device that do not change. */
export interface FrozenPart {
  readonly params: Params<TfTensor>;
  readonly dispose: () => void;
}

/** Loads the weights of `program` from one part of a model onto the training device. */
export async function openFrozenPart(
  tf: Tf,
  path: string,
  program: Program,
): Promise<FrozenPart> {
  const weights = new Map<string, TfTensor>();
  for (const [name, weight] of await readPart(path, listWeights(program))) {
    weights.set(name, toDevice(tf, weight));
  }
  return {
    params: new Params((name) => weights.get(name)!),
    dispose: () => tf.dispose([...weights.values()]),
  };
}
