import { t2iAdapterProgram } from "../../adapters/t2i_adapter/t2i_adapter.ts";
import { t2iFeatures } from "../../adapters/t2i_adapter/t2i_features.ts";
import { namedFeatures } from "../../adapters/t2i_adapter/t2i_graph.ts";
import { inNameOf, LocRefError } from "../../core/error.ts";
import { checkFinite } from "../../core/finite.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { concatBatch, floats } from "../../core/tensor_rows.ts";
import type { Values } from "../../ops/executor.ts";
import type { DenoiserCall } from "../denoise/denoise_options.ts";
import {
  actsAt,
  type ControlContext,
  controlProgramName,
  type ControlUnit,
} from "./control_unit.ts";

/** The features of T2I-Adapters in a run. */
export interface T2iRun {
  /** How many features there are. */
  readonly count: number;
  inputs(call: DenoiserCall): Values<Tensor>;
}

/** Computes the features of T2I-Adapters, once a picture. */
export async function t2iRun(
  units: readonly ControlUnit[],
  context: ControlContext,
): Promise<T2iRun> {
  const all: { unit: ControlUnit; features: Tensor[] }[] = [];
  for (const unit of units) {
    const compute = () => featuresOf(unit, context);
    all.push({ unit, features: await inNameOf(unit.name, compute) });
  }
  // on SDXL an adapter may lack the feature of the middle block
  const [most] = all.map(({ features }) => features)
    .sort((a, b) => b.length - a.length);
  const count = most!.length;
  const known = new Map<string, Values<Tensor>>();
  return {
    count,
    inputs({ call, calls, sample }) {
      const rows = sample.shape[0]!;
      const acting = all.map(({ unit }) => actsAt(unit, call, calls));
      const key = `${acting.join()} ${rows}`;
      if (!known.has(key)) {
        const sums = most!.map(({ shape }, level) =>
          summed(all.map(({ features }) => features[level]), acting, shape)
        );
        const rowed = sums.map((x) => concatBatch(Array(rows).fill(x)));
        known.set(key, namedFeatures(rowed, context.places.levels.length));
      }
      return known.get(key)!;
    },
  };
}

async function featuresOf(
  unit: ControlUnit,
  { compile, places }: ControlContext,
): Promise<Tensor[]> {
  const { control, id, scale, region, name } = unit;
  if (control.kind !== "t2i-adapter") throw new TypeError("Not a T2I-Adapter");
  const { config, weights } = control;
  const features = await t2iFeatures(unit.hint, config, (level, size) => {
    const program = t2iAdapterProgram(config, level, size);
    return compile({
      program: { ...program, name: controlProgramName(program.name, id) },
      weights,
      kind: `t2i_adapter_${id}_${level}`,
    });
  });
  const sites = [...places.levels, places.skips.at(-1)!];
  return features.map((x, i) => {
    checkFinite(x, {
      stage: `T2I-Adapter's feature ${i + 1}`,
      files: control.folder,
    });
    const [, channels, height, width] = x.shape as [
      number,
      number,
      number,
      number,
    ];
    const { size } = sites[i]!;
    if (size.height !== height || size.width !== width) {
      throw new LocRefError(
        "checkpoint-mismatch",
        `${name}: feature ${
          i + 1
        } has ${width} × ${height} cells, and the model's level ${size.width} × ${size.height}: it is for another base, or the picture's size is no multiple of the model's`,
      );
    }
    const strength = region?.(height, width);
    const data = floats(x).map((value, j) =>
      value * scale * (strength ? strength[j % (height * width)]! : 1)
    );
    return tensor([1, channels, height, width], data);
  });
}

/** The sum of those that act; zeros where none does. */
function summed(
  list: readonly (Tensor | undefined)[],
  acting: readonly boolean[],
  shape: readonly number[],
): Tensor {
  const sum = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (const [i, one] of list.entries()) {
    if (!acting[i] || one === undefined) continue;
    const data = floats(one);
    for (let j = 0; j < sum.length; j++) sum[j]! += data[j]!;
  }
  return tensor(shape, sum);
}
