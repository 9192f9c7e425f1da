import type { Program } from "./executor.ts";
import type { Ops } from "./ops.ts";
import { Params } from "./params.ts";

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
  const found = new Map<string, readonly number[]>();
  const params = new Params<null>((name, shape) => {
    found.set(name, shape);
    return null;
  });
  const inputs = Object.fromEntries(
    Object.keys(program.inputs).map((name) => [name, null]),
  );
  program.run(silentOps, params, inputs);
  return found;
}

const nothing = () => null;
const pieces = (_: null, parts: number) => Array<null>(parts).fill(null);

const silentOps: Ops<null> = {
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
};
