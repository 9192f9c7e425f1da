import { importPackage } from "../core/packages/import_package.ts";
import type { Factors } from "./factors.ts";
import type { Matmul } from "./onnx/matrix_product.ts";

/** Multiplications from which on onnxruntime is worth its call. */
const large = 2 ** 22;

/**
 * Adds `factor · up · down` to `x` `[rows, columns]`, by onnxruntime where the product is large and
 * onnxruntime may be used.
 */
export async function addProduct(
  x: Float32Array,
  factors: Factors,
  factor: number,
): Promise<void> {
  const { rows, rank, columns } = factors;
  const native = rows * rank * columns >= large
    ? await nativeProduct()
    : undefined;
  if (native === undefined) return addPlainProduct(x, factors, factor);
  const down = factor === 1
    ? factors.down
    : factors.down.map((value) => value * factor);
  await native(x, { ...factors, down });
}

/** The same in plain JavaScript, each sum in double precision. */
export function addPlainProduct(
  x: Float32Array,
  { up, down, rows, rank, columns }: Factors,
  factor: number,
): void {
  const sum = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    sum.fill(0);
    for (let k = 0; k < rank; k++) {
      const weight = up[row * rank + k]!;
      const from = k * columns;
      for (let i = 0; i < columns; i++) sum[i]! += weight * down[from + i]!;
    }
    const to = row * columns;
    for (let i = 0; i < columns; i++) x[to + i]! += factor * sum[i]!;
  }
}

let native: Promise<Matmul | undefined> | undefined;

/** `undefined` where native code is not permitted or the package is not installed. */
function nativeProduct(): Promise<Matmul | undefined> {
  native ??= openNative().catch(() => undefined);
  return native;
}

async function openNative(): Promise<Matmul | undefined> {
  const { Deno } = globalThis as { Deno?: typeof globalThis.Deno };
  const ffi = await Deno?.permissions.query({ name: "ffi" });
  if (ffi !== undefined && ffi.state !== "granted") return undefined;
  const { matrixProduct } = await import("./onnx/matrix_product.ts");
  return await matrixProduct(await importPackage("onnxruntime"));
}
