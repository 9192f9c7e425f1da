/** The tensors of a difference: their shapes and values. */

import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { addProduct } from "../../ops/add_product.ts";
import type { Factors } from "../../ops/factors.ts";
import { sizeOf } from "../../core/tensor.ts";
import { countNonFinite } from "../safetensors/non_finite.ts";
import type { Difference, Rows } from "./difference_kind.ts";

/** Size of a factor `name` that stands whole, or as a product of `name_a` and `name_b`. */
export function factorSize(
  one: Difference,
  name: string,
): readonly [number, number] | undefined {
  if (one.tensors.has(name)) {
    return matrix(shapeOf(one, name));
  }
  return productSize(
    shapeOf(one, `${name}_a`),
    shapeOf(one, `${name}_b`),
  );
}

/** Values of a factor that stands whole or as a product of two. */
export async function readWhole(
  one: Difference,
  name: string,
): Promise<Float32Array> {
  if (one.tensors.has(name)) {
    return await read(one, name);
  }
  const factors = await readFactors(
    one,
    `${name}_a`,
    `${name}_b`,
  );
  const whole = new Float32Array(factors.rows * factors.columns);
  await addProduct(whole, factors, 1);
  return whole;
}

/** Both factors of a product. */
export async function readFactors(
  one: Difference,
  up: string,
  down: string,
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

/** The part of a product that makes some rows of the weight. */
export function factorRows(factors: Factors, { from, rows }: Rows): Factors {
  const { up, rank } = factors;
  return {
    ...factors,
    up: up.subarray(from * rank, (from + rows) * rank),
    rows,
  };
}

/** Values of a tensor, which must all be finite. */
export async function read(
  one: Difference,
  role: string,
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
export function shapeOf(one: Difference, role: string): readonly number[] {
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
