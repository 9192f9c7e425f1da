import { lowered } from "../core/lowered.ts";
import { LocRefError } from "../core/error.ts";
import type { WeightSource } from "../ops/executor.ts";
import { identifyWeights } from "./identify/identify_weights.ts";
import type { WeightIdentity, WeightKind } from "./identify/weight_identity.ts";

/** Kind of weights that a loader expects, and how messages name them. */
export interface ExpectedKind {
  /** Kinds that are right. */
  readonly kinds: readonly WeightKind[];
  /** File or folder, as messages name it. */
  readonly file: string;
  /** The expected kind, in words. */
  readonly expected: string;
}

/**
 * Refuses weights of a known kind other than the expected one, in the words of `doctor`. The message
 * names the kind, where errors about single tensors would mislead.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, with the way out.
 */
export function refuseOtherKind(
  source: Pick<WeightSource, "names" | "info"> & {
    readonly metadata?: Readonly<Record<string, string>>;
  },
  expectation: ExpectedKind,
): void {
  const { metadata = {} } = source;
  const identity = identifyWeights({
    names: () => source.names(),
    info: (name) => source.info(name),
    metadata,
  });
  const { kinds, file, expected } = expectation;
  if (identity.kind === "unknown") return;
  if (kinds.includes(identity.kind) && identity.unusable === undefined) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `${file} holds no ${expected} but this: ${sentence(identity)}`,
  );
}

function sentence({ what, next, unusable }: WeightIdentity): string {
  const reason = unusable === undefined ? "" : ` (${unusable})`;
  return `${what}${reason}; ${lowered(next)}`;
}
