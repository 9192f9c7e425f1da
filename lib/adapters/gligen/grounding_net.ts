/** GLIGEN's grounding tokens: phrases, pictures and boxes as tokens that queries attend to. */

import type { Program, Signature, Values } from "../../ops/executor.ts";
import { linear } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import { boxFourierWidth } from "./box_fourier.ts";

/** Objects that GLIGEN was trained with; the rest of the places hold null tokens. */
export const groundedObjects = 30;

/** Width between the layers of the net, fixed in all public files. */
const hidden = 512;

/** Form and width of a {@linkcode groundingNet}. */
export interface GroundingShape {
  /** Whether objects have pictures beside phrases. */
  readonly pictures: boolean;
  /** Width of phrases, pictures and tokens. */
  readonly width: number;
}

/** Values of one kind for every place of an object; their masks are 1 where an object has one. */
interface Grounds<T> {
  /** `[N, 30, width]`. */
  readonly features: T;
  /** `[N, 30, 1]`. */
  readonly mask: T;
  /** `1 − mask`. */
  readonly absent: T;
}

/**
 * Grounding tokens (Li et al. 2023, eq. 5 to 7): each feature beside the Fourier features of its
 * box, through three layers. What is absent is a learned null feature.
 *
 * @returns `[N, 30, width]`, or `[N, 60, width]` with those of pictures last.
 */
export function groundingNet<T>(
  ops: Ops<T>,
  p: Params<T>,
  inputs: Values<T>,
  { pictures, width }: GroundingShape,
): T {
  const read = (kind: string): Grounds<T> => ({
    features: inputs[kind]!,
    mask: inputs[`${kind}_mask`]!,
    absent: inputs[`${kind}_absent`]!,
  });
  const row = { height: 1, width: groundedObjects };
  const orNull = ({ features, mask, absent }: Grounds<T>, weight: T) =>
    ops.add(
      ops.mul(features, mask),
      ops.mul(ops.repeatBatch(weight, features), absent),
    );
  const place = orNull(
    read("boxes"),
    p.get("null_position_feature", [boxFourierWidth]),
  );
  const tokens = (kind: string, layers: string, nothing: string) => {
    const own = orNull(read(kind), p.get(nothing, [width]));
    const both = [own, place].map((one) => ops.image(one, row));
    return threeLayers(
      ops,
      p.at(layers),
      ops.tokens(ops.concatChannels(both)),
      {
        in: width + boxFourierWidth,
        out: width,
      },
    );
  };
  if (!pictures) return tokens("phrases", "linears", "null_positive_feature");
  return ops.concatTokens([
    tokens("phrases", "linears_text", "null_text_feature"),
    tokens("pictures", "linears_image", "null_image_feature"),
  ]);
}

/** Three linear layers with SiLU between them. */
export function threeLayers<T>(
  ops: Ops<T>,
  p: Params<T>,
  x: T,
  shape: { in: number; out: number },
): T {
  const first = linear(ops, p.at(0), x, { in: shape.in, out: hidden });
  const second = linear(ops, p.at(2), ops.silu(first), {
    in: hidden,
    out: hidden,
  });
  return linear(ops, p.at(4), ops.silu(second), {
    in: hidden,
    out: shape.out,
  });
}

/** {@linkcode groundingNet} as a program: features and masks in, `grounds` out. */
export function groundingProgram(shape: GroundingShape): Program {
  const tokens = (width: number): Signature => ({
    kind: "float",
    shape: ["batch", groundedObjects, width],
  });
  const kinds = { phrases: shape.width, boxes: boxFourierWidth };
  const all = shape.pictures ? { ...kinds, pictures: shape.width } : kinds;
  const inputs = Object.entries(all).flatMap(([name, width]) => [
    [name, tokens(width)],
    [`${name}_mask`, tokens(1)],
    [`${name}_absent`, tokens(1)],
  ]);
  const count = (shape.pictures ? 2 : 1) * groundedObjects;
  return {
    name: "gligen_grounding",
    inputs: Object.fromEntries(inputs),
    outputs: {
      grounds: { kind: "float", shape: ["batch", count, shape.width] },
    },
    run: (ops, params, values) => ({
      grounds: groundingNet(ops, params.at("position_net"), values, shape),
    }),
  };
}
