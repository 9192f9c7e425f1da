/** Differences that LoRA files hold for one weight, by the formulas of their kinds. */

import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { addProduct } from "../../ops/add_product.ts";
import type { Factors } from "../../ops/factors.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { LayerTensors, LoraRole } from "./lora_keys.ts";
import {
  type Difference,
  type DifferenceKind,
  factorSize,
  matrix,
  productSize,
  read,
  readFactors,
  readWhole,
  shapeOf,
} from "./difference_tensors.ts";

const needed: Readonly<Record<DifferenceKind, readonly LoraRole[][]>> = {
  lora: [["down", "up"]],
  loha: [["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"]],
  lokr: [
    ["lokr_w1", "lokr_w2"],
    ["lokr_w1", "lokr_w2_a", "lokr_w2_b"],
    ["lokr_w1_a", "lokr_w1_b", "lokr_w2"],
    ["lokr_w1_a", "lokr_w1_b", "lokr_w2_a", "lokr_w2_b"],
  ],
  full: [["diff"]],
};

/**
 * The kind of a layer's difference; `undefined` where only its bias is changed.
 *
 * @throws {LocRefError} `file-invalid` if a tensor is missing beside the others.
 */
export function kindOf(
  tensors: LayerTensors,
  file: string,
): DifferenceKind | undefined {
  const roles = [...tensors.keys()].filter((role) =>
    role !== "alpha" && role !== "diff_b"
  );
  const kinds = Object.entries(needed) as [DifferenceKind, LoraRole[][]][];
  const found = kinds.find(([, sets]) =>
    sets.some((set) =>
      set.length === roles.length && set.every((role) => tensors.has(role))
    )
  );
  if (found !== undefined) return found[0];
  if (roles.length === 0 && tensors.has("diff_b")) return undefined;
  throw new LocRefError(
    "file-invalid",
    `LoRA ${quote(file)} holds ${
      quote([...tensors.values()][0])
    } without the other tensors of its layer`,
  );
}

/** Rows and columns that a difference has, from shapes alone; `undefined` where they fit nothing. */
export function differenceSize(
  one: Difference,
): readonly [number, number] | undefined {
  const { kind, bias } = one;
  if (bias) return [1, sizeOf(shapeOf(one, "diff_b"))];
  if (kind === "full") return matrix(shapeOf(one, "diff"));
  if (kind === "lora") {
    return productSize(shapeOf(one, "up"), shapeOf(one, "down"));
  }
  if (kind === "loha") {
    const [first, second] = ["hada_w1", "hada_w2"].map((name) =>
      factorSize(one, name as "hada_w1")
    );
    return first?.join() === second?.join() ? first : undefined;
  }
  const [outer, inner] = [
    factorSize(one, "lokr_w1"),
    factorSize(one, "lokr_w2"),
  ];
  if (outer === undefined || inner === undefined) return undefined;
  return [outer[0] * inner[0], outer[1] * inner[1]];
}

/** Some rows of a weight. */
export interface Rows {
  readonly from: number;
  readonly rows: number;
  /** Rows of the whole weight. */
  readonly of: number;
}

/** Adds a difference to some rows of a weight. */
export type AddRows = (x: Float32Array, rows: Rows) => Promise<void> | void;

/** Reads the tensors of a difference, whose parts can then be added to rows of the weight. */
export async function openDifference(one: Difference): Promise<AddRows> {
  const { kind, bias, scale } = one;
  if (bias) return full(await read(one, "diff_b"), scale);
  if (kind === "full") return full(await read(one, "diff"), scale);
  const factor = scale * await ownFactor(one);
  if (kind === "lora") {
    const factors = await readFactors(one, "up", "down");
    const down = factors.down.map((value) => value * factor);
    return (x, rows) => addProduct(x, rowsOf({ ...factors, down }, rows), 1);
  }
  if (kind === "loha") {
    const first = await readFactors(one, "hada_w1_a", "hada_w1_b");
    const second = await readFactors(one, "hada_w2_a", "hada_w2_b");
    return async (x, rows) => {
      const [a, b] = [new Float32Array(x.length), new Float32Array(x.length)];
      await addProduct(a, rowsOf(first, rows), factor);
      await addProduct(b, rowsOf(second, rows), 1);
      for (let i = 0; i < x.length; i++) x[i]! += a[i]! * b[i]!;
    };
  }
  return kronecker({
    outer: await readWhole(one, "lokr_w1"),
    inner: await readWhole(one, "lokr_w2"),
    sizes: [factorSize(one, "lokr_w1")!, factorSize(one, "lokr_w2")!],
    factor,
  });
}

function rowsOf(factors: Factors, { from, rows }: Rows): Factors {
  const { up, rank } = factors;
  return {
    ...factors,
    up: up.subarray(from * rank, (from + rows) * rank),
    rows,
  };
}

/** Alpha by the rank, from the tensor beside the layer or the header; else 1. */
async function ownFactor(one: Difference): Promise<number> {
  const rank = rankOf(one);
  if (rank === undefined) return 1;
  if (!one.tensors.has("alpha")) return one.headerFactor(rank) ?? 1;
  return (await read(one, "alpha"))[0]! / rank;
}

/** The rank of the layer, `undefined` where no factor is split. */
function rankOf(one: Difference): number | undefined {
  const roles: readonly LoraRole[] = [
    "down",
    "hada_w1_b",
    "lokr_w2_b",
    "lokr_w1_b",
  ];
  const role = roles.find((role) => one.tensors.has(role));
  return role === undefined ? undefined : shapeOf(one, role)[0];
}

function full(difference: Float32Array, factor: number): AddRows {
  return (x, { from, of }) => {
    const start = from * difference.length / of;
    for (let i = 0; i < x.length; i++) x[i]! += factor * difference[start + i]!;
  };
}

/** The Kronecker product: each value of `outer` times the whole of `inner`. */
function kronecker(
  product: {
    outer: Float32Array;
    inner: Float32Array;
    sizes: readonly [readonly [number, number], readonly [number, number]];
    factor: number;
  },
): AddRows {
  const { outer, inner, factor } = product;
  const [[, columns], [height, width]] = product.sizes;
  return (x, { from, rows }) => {
    for (let row = 0; row < rows; row++) {
      const i = Math.floor((from + row) / height);
      const p = (from + row) % height;
      for (let j = 0; j < columns; j++) {
        const value = factor * outer[i * columns + j]!;
        const to = (row * columns + j) * width;
        for (let q = 0; q < width; q++) {
          x[to + q]! += value * inner[p * width + q]!;
        }
      }
    }
  };
}
