import type { WeightSource } from "../../ops/executor.ts";
import { sizeOf } from "../../core/tensor.ts";
import { readValues } from "../read_values.ts";
import { openDifference } from "./difference.ts";
import type { Difference } from "./difference_kind.ts";

/** Values that are merged at a time: few enough for the processor's cache. */
const pieceSize = 2 ** 20;

/**
 * The weights of `source` with differences added while they are read. Other weights stay where they
 * lie, so that a file can stay mapped; nothing is kept.
 *
 * @param changes Differences by the name of the weight, in the order in which they are added.
 */
export function mergedWeights(
  source: WeightSource,
  changes: ReadonlyMap<string, readonly Difference[]>,
): WeightSource {
  if (changes.size === 0) return source;
  return {
    names: () => source.names(),
    info(name) {
      const info = source.info(name);
      if (info === undefined || !changes.has(name)) return info;
      const length = 4 * sizeOf(info.shape);
      return { dtype: "F32", shape: info.shape, offset: 0, length };
    },
    async read(name) {
      const own = changes.get(name);
      if (own === undefined) return await source.read(name);
      const whole = new Float32Array(sizeOf(source.info(name)!.shape));
      let at = 0;
      for await (const piece of mergedPieces(source, name, own)) {
        whole.set(piece, at);
        at += piece.length;
      }
      return whole;
    },
    pieces: (name) => mergedPieces(source, name, changes.get(name) ?? []),
  };
}

/** The buffer of the weight before, since many weights are equally large. */
let free: Float32Array<ArrayBuffer> | undefined;

/** Pieces of a merged weight, some rows each, in one buffer. */
async function* mergedPieces(
  source: WeightSource,
  name: string,
  differences: readonly Difference[],
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const { shape } = source.info(name)!;
  // a bias is one row
  const rows = shape.length > 1 ? shape[0]! : 1;
  const columns = sizeOf(shape) / rows;
  const at = Math.min(rows, Math.max(1, Math.floor(pieceSize / columns)));
  const own = free?.length === at * columns ? free : undefined;
  free = undefined; // nobody else takes it meanwhile
  const buffer = own ?? new Float32Array(at * columns);
  const add = await Promise.all(differences.map(openDifference));
  const values = await readValues(source, name);
  for (let from = 0; from < rows; from += at) {
    const count = Math.min(at, rows - from);
    const piece = buffer.subarray(0, count * columns);
    await values(from * columns, piece);
    for (const one of add) await one(piece, { from, rows: count, of: rows });
    yield piece;
  }
  free = buffer;
}
