/** The tensors of a difference: their shapes and values. */

import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { addProduct } from "../../ops/add_product.ts";
import type { Factors } from "../../ops/factors.ts";
import type { WeightSource } from "../../ops/executor.ts";
import { sizeOf } from "../../core/tensor.ts";
import { countNonFinite } from "../safetensors/non_finite.ts";
import type { LayerTensors, LoraRole } from "./lora_keys.ts";

/** Kinds of differences, by LyCORIS' names. */
export type DifferenceKind = "lora" | "loha" | "lokr" | "full";

/** The difference of one weight in one file. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** Path of the file. */
  readonly file: string;
  /** The file's weights. */
  readonly source: WeightSource;
  /** Names of its tensors in the file. */
  readonly tensors: LayerTensors;
  /** Whether the bias is changed, not the weight. */
  readonly bias: boolean;
  /** Factor of the difference, beside its own alpha. */
  readonly scale: number;
  /** The header's factor for a rank; used where no alpha stands beside the layer. */
  readonly headerFactor: (rank: number) => number | undefined;
}

/** A factor that stands whole or as a product of two. */
export type Split = "hada_w1" | "hada_w2" | "lokr_w1" | "lokr_w2";

/** Size of a factor that stands whole or as a product of two. */
export function factorSize(
  one: Difference,
  name: Split,
): readonly [number, number] | undefined {
  if (one.tensors.has(name as LoraRole)) {
    return matrix(shapeOf(one, name as LoraRole));
  }
  return productSize(
    shapeOf(one, `${name}_a` as LoraRole),
    shapeOf(one, `${name}_b` as LoraRole),
  );
}

/** Values of a factor that stands whole or as a product of two. */
export async function readWhole(
  one: Difference,
  name: Split,
): Promise<Float32Array> {
  if (one.tensors.has(name as LoraRole)) {
    return await read(one, name as LoraRole);
  }
  const factors = await readFactors(
    one,
    `${name}_a` as LoraRole,
    `${name}_b` as LoraRole,
  );
  const whole = new Float32Array(factors.rows * factors.columns);
  await addProduct(whole, factors, 1);
  return whole;
}

/** Both factors of a product. */
export async function readFactors(
  one: Difference,
  up: LoraRole,
  down: LoraRole,
): Promise<Factors> {
  const [rows, rank] = matrix(shapeOf(one, up));
  const [, columns] = matrix(shapeOf(one, down));
  return {
    up: await read(one, up),
    down: await read(one, down),
    rows,
    rank,
    columns,
  };
}

/** Values of a tensor, which must all be finite. */
export async function read(
  one: Difference,
  role: LoraRole,
): Promise<Float32Array> {
  const name = one.tensors.get(role)!;
  const values = await one.source.read(name);
  if (countNonFinite(values) === 0) return values;
  throw new LocRefError(
    "not-finite",
    `LoRA ${quote(one.file)} holds NaN or infinity in ${quote(name)}`,
  );
}

/** Shape of a tensor of a difference. */
export function shapeOf(one: Difference, role: LoraRole): readonly number[] {
  return one.source.info(one.tensors.get(role)!)!.shape;
}

/** `[rows, all others]`. */
export function matrix(shape: readonly number[]): readonly [number, number] {
  const [rows = 1, ...others] = shape;
  return [rows, sizeOf(others)];
}

/** Rows and columns of a product; `undefined` where its factors do not fit. */
export function productSize(
  up: readonly number[],
  down: readonly number[],
): readonly [number, number] | undefined {
  const [rows, rank] = matrix(up);
  const [inner, columns] = matrix(down);
  return rank === inner ? [rows, columns] : undefined;
}
