/** Weights that lie in no file: they go through one beside the graph, from where they are mapped. */

import { join } from "node:path";
import { sizeOf } from "../../../core/tensor.ts";
import type { WeightSource } from "../../executor.ts";
import type { OnnxInitializer } from "../proto.ts";

/** Name of the file beside the graph. */
export const looseFile = "loose_weights.bin";

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
  // Deno's own files, unlike those of node:fs, are written on another thread
  const file = await Deno.create(join(folder, looseFile));
  let written = Promise.resolve();
  let [free, busy] = [new Uint8Array(), new Uint8Array()];
  try {
    for (const name of names) {
      for await (const floats of piecesOf(weights, name)) {
        const values = half ? new Float16Array(floats) : floats;
        const { buffer, byteOffset, byteLength } = values;
        if (free.length < byteLength) free = new Uint8Array(byteLength);
        free.set(new Uint8Array(buffer, byteOffset, byteLength));
        await written;
        // the next piece is made meanwhile
        written = writeAll(file, free.subarray(0, byteLength));
        written.catch(() => {});
        [free, busy] = [busy, free];
      }
    }
    await written;
  } finally {
    await written.catch(() => {});
    file.close();
  }
}

async function* piecesOf(
  weights: WeightSource,
  name: string,
): AsyncIterable<Float32Array> {
  const pieces = weights.info(name)!.file === undefined
    ? weights.pieces?.(name)
    : undefined;
  if (pieces === undefined) yield await weights.read(name);
  else yield* pieces;
}

async function writeAll(
  file: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await file.write(bytes.subarray(at));
  }
}

function bytesOf(weights: WeightSource, name: string, half: boolean): number {
  return (half ? 2 : 4) * sizeOf(weights.info(name)!.shape);
}
