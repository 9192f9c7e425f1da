import { ownShapes } from "../bases/adapter_inputs.ts";
import type { Base } from "../bases/base.ts";
import { checkFit, expectedWeights } from "../bases/check_part.ts";
import { LocRefError } from "../core/error.ts";
import { quote } from "../core/quote.ts";
import { listWeights } from "../ops/list_weights.ts";
import { checkWeights } from "../weights/safetensors/check_weights.ts";
import type { Adapter, BesideAdapter } from "./adapter.ts";

const size = { height: 8, width: 8 };

/**
 * Compares an adapter's weights with those that its programs and hooks use.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming missing, extra and misshapen tensors.
 */
export function checkAdapterWeights(
  adapter: Adapter,
  base: Base,
  ignore: readonly RegExp[] = [],
): void {
  // some read the model's own weights, which are checked with the model
  const programs = adapter.programs(base, size)
    .filter(({ part }) => part === "adapter")
    .map(({ program }) => program());
  const expected = new Map([
    ...expectedWeights(programs),
    ...hookWeights(adapter, base),
  ]);
  checkWeights(expected, adapter.weights, {
    file: `Adapter "${adapter.file}"`,
    ignore,
  });
}

/**
 * The image encoder of an adapter that cannot do without one.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if the model has none.
 */
export function neededImageEncoder(
  file: string,
  { imageEncoder }: BesideAdapter,
): NonNullable<BesideAdapter["imageEncoder"]> {
  if (imageEncoder !== undefined) return imageEncoder;
  throw new LocRefError(
    "checkpoint-mismatch",
    `Adapter ${
      quote(file)
    } needs an image encoder, and the model has none: give the one that it was trained with as option imageEncoder`,
  );
}

/** Refuses an adapter whose tokens, as `what` calls them, are not as wide as the text of a base. */
export function checkTextWidth(
  { file }: Adapter,
  base: Base,
  [what, width]: readonly [what: string, width: number],
): void {
  const reads = `the UNet reads ${base.textWidth}`;
  checkFit(file, `${what} of width ${width}`, width === base.textWidth, reads);
}

/** Refuses an adapter that reads pictures of another width than an image encoder gives. */
export function checkPictureWidth(
  { file }: Adapter,
  given: number,
  [what, width]: readonly [what: string, width: number],
): void {
  const gives = `the image encoder gives ${given}`;
  checkFit(file, `${what} of width ${width}`, width === given, gives);
}

/** The weights that an adapter's hooks read inside the denoiser. */
function hookWeights(
  adapter: Adapter,
  base: Base,
): Map<string, readonly number[]> {
  const graph = adapter.graph({ captions: false });
  if (graph.weights === undefined) return new Map();
  const programs = base.programs({ size, adapters: [graph] });
  const own = programs.filter(({ name }) =>
    name === "unet" || name === "text_key_value"
  );
  return new Map(
    own.flatMap(({ program }) => [
      ...ownShapes(graph, listWeights(program())),
    ]),
  );
}

/**
 * Refuses adapters that cannot act together.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming two of them and the hook that both have.
 */
export function checkTogether(adapters: readonly Adapter[]): void {
  for (const [i, one] of adapters.entries()) {
    for (const other of adapters.slice(i + 1)) checkPair(one, other);
  }
}

function checkPair(one: Adapter, other: Adapter): void {
  if (one.kind === other.kind && one.weights.names().length === 0) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `Adapter ${quote(one.file)} is given twice: give it once`,
    );
  }
  const a = one.graph({ captions: false });
  const b = other.graph({ captions: false });
  const hook = a.alone?.find((name) => b.acts.includes(name)) ??
    b.alone?.find((name) => a.acts.includes(name)) ??
    a.acts.find((name) => name === "groupNorm" && b.acts.includes(name));
  if (hook === undefined) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `Adapters ${quote(one.file)} (${one.kind}) and ${
      quote(other.file)
    } (${other.kind}) cannot act together, since both change ${
      hookInWords[hook]
    }: load one of them`,
  );
}

const hookInWords = {
  self: "self-attention",
  afterSelf: "what follows self-attention",
  cross: "cross-attention",
  around: "cross-attention",
  groupNorm: "group normalisation",
  residual: "the skips",
  level: "the features of levels",
  join: "what joins on the way up",
} as const;
