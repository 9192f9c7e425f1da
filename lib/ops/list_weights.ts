import type { Program } from "./executor.ts";
import type { LossOps } from "./loss_ops.ts";
import type { LossProgram } from "./loss_program.ts";
import { Params } from "./params.ts";
import { sizeOf } from "../core/tensor.ts";

/** The weights of several programs together, by {@linkcode listWeights}. */
export function listAllWeights(
  programs: Readonly<Record<string, () => Program>>,
): Map<string, readonly number[]> {
  return new Map(
    Object.values(programs).flatMap((program) => [...listWeights(program())]),
  );
}

/**
 * Every weight that `program` uses, with the shape it must have, found by a dry run in which each
 * operation returns nothing.
 */
export function listWeights(program: Program): Map<string, readonly number[]> {
  return listShapes(Object.keys(program.inputs), (params, inputs) => {
    program.run(silentOps, params, inputs);
  });
}

/** Bytes of a program's weights in float32. @param counts Whether a weight is counted. */
export function bytesOf(
  program: Program,
  counts: (name: string) => boolean = () => true,
): number {
  return [...listWeights(program)].reduce(
    (bytes, [name, shape]) => bytes + (counts(name) ? 4 * sizeOf(shape) : 0),
    0,
  );
}

/** Every weight that a loss uses, trained or frozen, with the shape it must have. */
export function listLossWeights(
  program: LossProgram,
): Map<string, readonly number[]> {
  return listShapes(Object.keys(program.inputs), (params, inputs) => {
    program.run(silentOps, params, inputs);
  });
}

function listShapes(
  names: readonly string[],
  run: (params: Params<null>, inputs: Record<string, null>) => void,
): Map<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  const params = new Params<null>((name, shape) => {
    found.set(name, shape);
    return null;
  });
  run(params, Object.fromEntries(names.map((name) => [name, null])));
  return found;
}

const nothing = () => null;
const pieces = (_: null, parts: number) => Array<null>(parts).fill(null);

const silentOps: LossOps<null> = {
  conv2d: nothing,
  linear: nothing,
  embedding: nothing,
  groupNorm: nothing,
  layerNorm: nothing,
  attention: nothing,
  regionAttention: nothing,
  silu: nothing,
  gelu: nothing,
  quickGelu: nothing,
  relu: nothing,
  add: nothing,
  mul: nothing,
  scale: nothing,
  addChannels: nothing,
  upsample: nothing,
  concatChannels: nothing,
  splitChannels: pieces,
  tokens: nothing,
  image: nothing,
  concatTokens: nothing,
  sliceTokens: nothing,
  splitWidth: pieces,
  token: nothing,
  unflatten: nothing,
  repeatBatch: nothing,
  groupTokens: nothing,
  turnTokens: nothing,
  stackRows: nothing,
  unstackRows: nothing,
  constant: nothing,
  sub: nothing,
  sizeOf: () => ({ height: 1, width: 1 }),
  div: nothing,
  maximum: nothing,
  minimum: nothing,
  atLeast: nothing,
  exp: nothing,
  log: nothing,
  sqrt: nothing,
  abs: nothing,
  sigmoid: nothing,
  product: nothing,
  softmax: nothing,
  logSoftmax: nothing,
  sumWidth: nothing,
  maxWidth: nothing,
  sum: nothing,
  mean: nothing,
};
