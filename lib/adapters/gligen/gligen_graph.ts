import type { AdapterGraph, Signatures } from "../../bases/hooks.ts";
import {
  type AttentionSite,
  crossSites,
  type Places,
} from "../../bases/places.ts";
import { feedForward } from "../../bases/sd/transformer.ts";
import type { WeightSource } from "../../ops/executor.ts";
import { layerNorm, linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import { groundedObjects, type GroundingShape } from "./grounding_net.ts";

/**
 * GLIGEN in a denoiser's graph (Li et al. 2023, eq. 8): a gated self-attention over the positions of
 * the picture and the grounding tokens, after the self-attention of every transformer block.
 *
 * @param weights The fusers under diffusers' names.
 */
export function gligenGraph(
  shape: GroundingShape,
  weights: WeightSource,
): AdapterGraph {
  const tokens = (shape.pictures ? 2 : 1) * groundedObjects;
  return {
    prefix: "gligen",
    acts: ["afterSelf"],
    weights,
    inputs: (places) => ({
      grounds: { kind: "float", shape: ["batch", tokens, shape.width] },
      ...gateSignatures(places),
    }),
    hooks: (ops, params, inputs) => ({
      afterSelf: (at, x) =>
        fuser(ops, params.at(fuserPath(at)), x, {
          at,
          width: shape.width,
          grounds: inputs.grounds!,
          attention: inputs[gateName(at, "attention")]!,
          dense: inputs[gateName(at, "dense")]!,
        }),
    }),
  };
}

/** Gates of a fuser: the strength of the grounding times tanh of a weight, `[1, 1, 1]`. */
const gates = ["attention", "dense"] as const;

/** The weights that gates are made of. */
const gateWeights = { attention: "alpha_attn", dense: "alpha_dense" } as const;

function gateName({ layer }: AttentionSite, gate: typeof gates[number]) {
  return `${gate}_gate.${layer}`;
}

function gateSignatures(places: Places): Signatures {
  return Object.fromEntries(
    crossSites(places).flatMap((at) =>
      gates.map((gate) => [
        gateName(at, gate),
        { kind: "float" as const, shape: [1, 1, 1] },
      ])
    ),
  );
}

/** The weights of a block's fuser. */
function fuserPath({ path }: AttentionSite): string {
  return path.replace(/attn[12]$/, "fuser");
}

/** Names of the weights that gates are made of, by the names of the inputs. */
export function gateNames(places: Places): Map<string, string> {
  return new Map(
    crossSites(places).flatMap((at) =>
      gates.map((gate) => [
        gateName(at, gate),
        `${fuserPath(at)}.${gateWeights[gate]}`,
      ])
    ),
  );
}

interface FuserInputs<T> {
  readonly at: AttentionSite;
  /** Width of the grounding tokens. */
  readonly width: number;
  readonly grounds: T;
  readonly attention: T;
  readonly dense: T;
}

function fuser<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  { at, width, grounds, attention, dense }: FuserInputs<T>,
): T {
  const { width: inner, heads } = at;
  const square = { in: inner, out: inner };
  const plain = { ...square, bias: false };
  const attn = p.at("attn");
  const norm = (tokens: T) => layerNorm(ops, p.at("norm1"), tokens, inner);
  // norms and products are token by token: only keys and values need all tokens in one place
  const seen = norm(x);
  const own = norm(
    linear(ops, p.at("linear"), grounds, { in: width, out: inner }),
  );
  const both = (name: "to_k" | "to_v") =>
    ops.concatTokens(
      [seen, own].map((one) => linear(ops, attn.at(name), one, plain)),
    );
  const mixed = ops.attention(
    linear(ops, attn.at("to_q"), seen, plain),
    both("to_k"),
    both("to_v"),
    { heads },
  );
  const attended = linear(ops, attn.at("to_out").at(0), mixed, square);
  x = ops.add(x, ops.mul(attended, attention));
  const normed = layerNorm(ops, p.at("norm2"), x, inner);
  return ops.add(
    x,
    ops.mul(feedForward(ops, p.at("ff"), normed, inner), dense),
  );
}
