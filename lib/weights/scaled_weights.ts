/**
 * Weights of eight bits with a scale a row, which halve the files of models that judge pictures.
 *
 * A weight `NAME` of type I8 stands for its integers times `NAME.scale`, one number for each index
 * of the first axis.
 */

import type { WeightSource } from "../ops/executor.ts";
import type { WritableBytes } from "./safetensors/write_safetensors.ts";

const ending = ".scale";

/** The weights of `source`, with those of eight bits multiplied by their scales as they are read. */
export function scaledWeights(source: WeightSource): WeightSource {
  const names = source.names();
  const scaled = new Set(
    names.filter((name) =>
      source.info(name)!.dtype === "I8" && source.info(name + ending)
    ),
  );
  if (scaled.size === 0) return source;
  const own = names.filter((name) =>
    !name.endsWith(ending) || !scaled.has(name.slice(0, -ending.length))
  );
  return {
    names: () => own,
    info: (name) => {
      const info = source.info(name);
      if (info === undefined || !scaled.has(name)) return info;
      const { shape } = info;
      return { dtype: "F32", shape, offset: 0, length: info.length * 4 };
    },
    read: async (name) => {
      const values = await source.read(name);
      if (!scaled.has(name)) return values;
      const scales = await source.read(name + ending);
      const row = values.length / scales.length;
      return values.map((value, i) => value * scales[Math.floor(i / row)]!);
    },
  };
}

/** A weight in eight bits and its scales, as tensors to write: the largest value of a row is ±127. */
export function inEightBits(
  name: string,
  shape: readonly number[],
  values: Float32Array,
): [string, WritableBytes][] {
  const rows = shape[0]!;
  const row = values.length / rows;
  const scales = new Float32Array(rows);
  const bytes = new Int8Array(values.length);
  for (let r = 0; r < rows; r++) {
    const own = values.subarray(r * row, (r + 1) * row);
    const most = own.reduce(
      (most, value) => Math.max(most, Math.abs(value)),
      0,
    );
    scales[r] = most / 127;
    for (const [i, value] of own.entries()) {
      bytes[r * row + i] = most === 0 ? 0 : Math.round(value / scales[r]!);
    }
  }
  return [
    [name, {
      ...{ shape, dtype: "I8" as const },
      bytes: () => Promise.resolve(new Uint8Array(bytes.buffer)),
    }],
    [name + ending, {
      ...{ shape: [rows], dtype: "F32" as const },
      bytes: () => Promise.resolve(new Uint8Array(scales.buffer)),
    }],
  ];
}
