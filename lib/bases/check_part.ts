import { LocRefError } from "../core/error.ts";
import type { Program } from "../ops/executor.ts";
import { listWeights } from "../ops/list_weights.ts";
import { refuseOtherKind } from "../weights/refuse_kind.ts";
import {
  checkWeights,
  compareWeights,
  describeDifference,
} from "../weights/safetensors/check_weights.ts";
import type { NamedPart } from "./base.ts";

/** Buffers that old checkpoints hold beside their weights, and heads that are not used here. */
const harmless = [
  /position_ids$/,
  /^text_projection\.weight$/,
  /^logit_scale$/,
];

/**
 * Compares a part's tensors with its programs; before it blames one, it asks what the file is.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming missing, extra and misshapen tensors.
 */
export function checkPart(part: NamedPart, programs: readonly Program[]): void {
  const file = `Checkpoint "${part.folder}"`;
  const expected = expectedWeights(programs);
  const options = { file, ignore: [...harmless, ...part.ignore ?? []] };
  const difference = compareWeights(expected, part.weights, options);
  if (describeDifference(difference).length === 0) return;
  const { kinds, expected: words } = part;
  refuseOtherKind(part.weights, { kinds, file, expected: words });
  checkWeights(expected, part.weights, options);
}

/** Names and shapes of the weights of several programs together. */
export function expectedWeights(
  programs: readonly Program[],
): Map<string, readonly number[]> {
  return new Map(programs.flatMap((program) => [...listWeights(program)]));
}

/**
 * Refuses a file that does not fit another.
 *
 * @param what What the file has.
 * @param other What the other needs.
 * @throws {LocRefError} `checkpoint-mismatch`
 */
export function checkFit(
  file: string,
  what: string,
  fits: boolean,
  other: string,
): void {
  if (fits) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `"${file}" has ${what}, but ${other}`,
  );
}
