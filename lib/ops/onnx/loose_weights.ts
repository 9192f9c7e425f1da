/** Weights that lie in no file: they go through one beside the graph, from where they are mapped. */

import { open } from "node:fs/promises";
import { join } from "node:path";
import { sizeOf } from "../../core/tensor.ts";
import type { WeightSource } from "../executor.ts";
import type { OnnxInitializer } from "./proto.ts";

/** Name of the file beside the graph. */
const looseFile = "loose_weights.bin";

/** Bytes of the given weights in the graph's precision. */
export function looseBytes(
  weights: WeightSource,
  names: readonly string[],
  half = false,
): number {
  return names.reduce((sum, name) => sum + bytesOf(weights, name, half), 0);
}

/** The weights as references to the file that {@linkcode writeLooseWeights} writes. */
export function looseInitializers(
  weights: WeightSource,
  names: readonly string[],
  half = false,
): OnnxInitializer[] {
  let offset = 0;
  return names.map((name) => {
    const length = bytesOf(weights, name, half);
    const external = { file: looseFile, offset, length };
    offset += length;
    const { shape } = weights.info(name)!;
    return { name, type: half ? "F16" : "F32", shape, external };
  });
}

/** Writes the weights one after the other; only one is in memory at a time. */
export async function writeLooseWeights(
  weights: WeightSource,
  names: readonly string[],
  { folder, half = false }: { folder: string; half?: boolean },
): Promise<void> {
  if (names.length === 0) return;
  const file = await open(join(folder, looseFile), "w");
  try {
    for (const name of names) {
      const floats = await weights.read(name);
      const { buffer, byteOffset, byteLength } = half
        ? new Float16Array(floats)
        : floats;
      await writeAll(file, new Uint8Array(buffer, byteOffset, byteLength));
    }
  } finally {
    await file.close();
  }
}

async function writeAll(
  file: { write(bytes: Uint8Array): Promise<{ bytesWritten: number }> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes.subarray(at));
    at += bytesWritten;
  }
}

function bytesOf(weights: WeightSource, name: string, half: boolean): number {
  return (half ? 2 : 4) * sizeOf(weights.info(name)!.shape);
}
