import { LocRefError } from "../core/error.ts";
import { quote } from "../core/quote.ts";
import type { WeightInfo, WeightSource } from "../ops/executor.ts";
import { sizeOf } from "../core/tensor.ts";

/** Another look at a weight: its name in the source, and how its values are taken. */
export interface WeightView {
  readonly from: string;
  /** Another shape of as many values. @default {its own} */
  readonly shape?: readonly number[];
  /** The part with this number, of so many equal parts of its rows. @default {all rows} */
  readonly part?: readonly [index: number, of: number];
  /** Whether rows and columns change places. @default {false} */
  readonly transposed?: boolean;
}

/**
 * The weights of a source under other names and shapes. Only transposed ones are copied when they
 * are read; all others go on lying where they lie.
 */
export function viewWeights(
  source: WeightSource,
  views: ReadonlyMap<string, WeightView>,
): WeightSource {
  const names = [...views.keys()].sort();
  const { readInto } = source;
  const startOf = ({ from, part }: WeightView) =>
    part === undefined
      ? 0
      : sizeOf(source.info(from)!.shape) / part[1] * part[0];
  const whole = [...views.values()].every(({ transposed }) => !transposed);
  return {
    ...(readInto && whole && {
      async readInto(name, start, into) {
        const view = views.get(name)!;
        await readInto(view.from, startOf(view) + start, into);
      },
    }),
    names: () => names,
    info(name) {
      const view = views.get(name);
      const info = view && source.info(view.from);
      return info && viewInfo(info, view);
    },
    async read(name) {
      const view = views.get(name);
      const info = view && source.info(view.from);
      if (info === undefined) {
        throw new LocRefError(
          "checkpoint-mismatch",
          `There is no weight ${quote(name)}`,
        );
      }
      const values = await source.read(view!.from);
      if (view!.transposed) return transposed(values, info.shape);
      if (view!.part === undefined) return values;
      const [index, of] = view!.part;
      const length = values.length / of;
      return values.slice(index * length, (index + 1) * length);
    },
  };
}

function viewInfo(info: WeightInfo, view: WeightView): WeightInfo {
  if (view.transposed) {
    const shape = info.shape.toReversed();
    return { dtype: "F32", shape, offset: 0, length: 4 * sizeOf(shape) };
  }
  const [index, of] = view.part ?? [0, 1];
  const length = info.length / of;
  const [rows, ...others] = info.shape;
  return {
    ...info,
    shape: view.shape ?? (of === 1 ? info.shape : [rows! / of, ...others]),
    offset: info.offset + index * length,
    length,
  };
}

function transposed(
  values: Float32Array,
  [rows, columns]: readonly number[],
): Float32Array {
  const turned = new Float32Array(values.length);
  for (let i = 0; i < rows!; i++) {
    for (let j = 0; j < columns!; j++) {
      turned[j * rows! + i] = values[i * columns! + j]!;
    }
  }
  return turned;
}
