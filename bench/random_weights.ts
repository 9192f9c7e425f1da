import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { listWeights } from "../lib/ops/list_weights.ts";
import type { Program } from "../lib/ops/executor.ts";
import { sizeOf } from "../lib/core/tensor.ts";
import {
  type WritableDType,
  type WritableTensor,
  writeSafetensors,
} from "../lib/weights/safetensors/write_safetensors.ts";

/**
 * Writes random weights for `programs` to `path`, once: matrices and kernels uniform with variance
 * 1 / fan-in, so that activations neither vanish nor overflow, norms at one, biases at zero.
 */
export async function writeRandomWeights(
  path: string,
  programs: readonly Program[],
  dtype?: WritableDType,
): Promise<void> {
  const shapes = programs.flatMap((program) => [...listWeights(program)]);
  await writeRandomShapes(path, new Map(shapes), dtype);
}

/** The same for weights of these names and shapes. */
export async function writeRandomShapes(
  path: string,
  shapes: ReadonlyMap<string, readonly number[]>,
  dtype?: WritableDType,
): Promise<void> {
  if (existsSync(path)) return;
  const tensors = new Map<string, WritableTensor>();
  for (const [name, shape] of shapes) {
    tensors.set(name, {
      ...{ shape, dtype },
      data: () => randomValues(name, shape),
    });
  }
  await mkdir(dirname(path), { recursive: true });
  await writeSafetensors(path, tensors);
}

/** A seed that no other name is likely to have: equal weights would be kept once by some runtimes. */
function seedOf(name: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    state = Math.imul(state ^ name.charCodeAt(i), 0x01000193);
  }
  return state | 1;
}

function randomValues(name: string, shape: readonly number[]): Float32Array {
  const data = new Float32Array(sizeOf(shape));
  if (shape.length === 1) return name.endsWith("bias") ? data : data.fill(1);
  const fanIn = sizeOf(shape.slice(1));
  const width = 2 * Math.sqrt(3 / fanIn);
  let state = seedOf(name);
  for (let i = 0; i < data.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[i] = ((state >>> 0) / 2 ** 32 - 0.5) * width;
  }
  return data;
}
