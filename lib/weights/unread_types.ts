import { counted } from "../core/counted.ts";
import type { WeightInfo } from "../ops/executor.ts";
import { quote } from "../core/quote.ts";
import { isReadType } from "./safetensors/dtypes.ts";
import { WeightFileError } from "./weight_file_error.ts";

/** Tensors of types that are not read here, in words, with the way out. */
export interface UnreadTensors {
  /** Such as `12 tensors of type F8_E4M3 (the first is "x")`. */
  readonly what: string;
  /** Advice, as a sentence. */
  readonly next: string;
}

/** Says which tensors have types that are not read here; `undefined` where none has. */
export function findUnread(
  tensors: Iterable<readonly [string, WeightInfo]>,
): UnreadTensors | undefined {
  const names = new Map<string, string[]>();
  for (const [name, { dtype }] of tensors) {
    if (isReadType(dtype)) continue;
    names.set(dtype, [...names.get(dtype) ?? [], name]);
  }
  if (names.size === 0) return undefined;
  const types = [...names.keys()].sort();
  const parts = types.map((type) => {
    const of = names.get(type)!;
    const count = counted(of.length, "tensor");
    return `${count} of type ${type} (the first is ${quote(of[0])})`;
  });
  return { what: parts.join(" and "), next: wayOut(types) };
}

/** Scales beside tensors of few bits are lost in a plain conversion. */
function wayOut(types: readonly string[]): string {
  if (types.every((type) => /^U/.test(type))) {
    return "Save the file anew with these tensors as I64 (in PyTorch: tensor.to(torch.int64))";
  }
  return "Take the file as F16 or F32 from the same repository, or save it anew so (in PyTorch: tensor.to(torch.float16); where scales lie beside the tensors, with the program that made it)";
}

/**
 * Makes sure that every tensor can be read.
 *
 * @throws {LocRefError} `file-invalid`, naming the types and the first tensor of each.
 */
export function refuseUnread(
  file: string,
  tensors: Iterable<readonly [string, WeightInfo]>,
): void {
  const unread = findUnread(tensors);
  if (unread === undefined) return;
  throw new WeightFileError(
    `${file} holds ${unread.what}, which LocRef does not read`,
    unread.next,
  );
}
