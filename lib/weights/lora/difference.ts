/** Differences that LoRA files hold for one weight, by the formulas of their kinds. */

import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { sizeOf } from "../../core/tensor.ts";
import type {
  AddRows,
  Difference,
  DifferenceKind,
  LayerTensors,
} from "./difference_kind.ts";
import { differenceKinds } from "./difference_kinds.ts";
import { read, shapeOf } from "./difference_tensors.ts";
import { addWhole } from "./kinds/full.ts";

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
  const found = differenceKinds.find((kind) =>
    kind.roles.some((set) =>
      set.length === roles.length && set.every((role) => tensors.has(role))
    )
  );
  if (found !== undefined) return found;
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
  return one.kind === "bias"
    ? [1, sizeOf(shapeOf(one, "diff_b"))]
    : one.kind.size(one);
}

/** Reads the tensors of a difference, whose parts can then be added to rows of the weight. */
export async function openDifference(one: Difference): Promise<AddRows> {
  const { kind, scale } = one;
  return kind === "bias"
    ? addWhole(await read(one, "diff_b"), scale)
    : await kind.open(one, scale * await ownFactor(one, kind));
}

/** Alpha by the rank, from the tensor beside the layer or the header; 1 where no factor is split. */
async function ownFactor(
  one: Difference,
  { ranked = [] }: DifferenceKind,
): Promise<number> {
  const role = ranked.find((role) => one.tensors.has(role));
  if (role === undefined) return 1;
  const rank = shapeOf(one, role)[0]!;
  if (!one.tensors.has("alpha")) return one.headerFactor(rank) ?? 1;
  return (await read(one, "alpha"))[0]! / rank;
}
