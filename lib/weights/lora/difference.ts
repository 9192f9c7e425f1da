/** Differences that LoRA files hold for one weight, by the formulas of their kinds. */

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

type Split = "hada_w1" | "hada_w2" | "lokr_w1" | "lokr_w2";

/** Size of a factor that stands whole or as a product of two. */
function factorSize(
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

async function readWhole(one: Difference, name: Split): Promise<Float32Array> {
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

async function readFactors(
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
async function read(one: Difference, role: LoraRole): Promise<Float32Array> {
  const name = one.tensors.get(role)!;
  const values = await one.source.read(name);
  if (countNonFinite(values) === 0) return values;
  throw new LocRefError(
    "not-finite",
    `LoRA ${quote(one.file)} holds NaN or infinity in ${quote(name)}`,
  );
}

function shapeOf(one: Difference, role: LoraRole): readonly number[] {
  return one.source.info(one.tensors.get(role)!)!.shape;
}

/** `[rows, all others]`. */
function matrix(shape: readonly number[]): readonly [number, number] {
  const [rows = 1, ...others] = shape;
  return [rows, sizeOf(others)];
}

function productSize(
  up: readonly number[],
  down: readonly number[],
): readonly [number, number] | undefined {
  const [rows, rank] = matrix(up);
  const [inner, columns] = matrix(down);
  return rank === inner ? [rows, columns] : undefined;
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
