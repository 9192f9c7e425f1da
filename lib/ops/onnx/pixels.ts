/** Images as tokens and back, and layers that act on each pixel alone between them. */

import type { GraphBuilder, OnnxLayer, OnnxValue } from "./graph.ts";
import { linear } from "./layers.ts";
import type { Conv2dOptions } from "../ops.ts";
import { reshape, swapLast } from "./shapes.ts";

type ImageShape = [string, number, number, number];

/**
 * An image as tokens. Where it is the result of a layer of single pixels, that layer acts on the
 * tokens: onnxruntime otherwise turns all that is added to them on WebGPU, whose images lie turned.
 */
export function tokensOf(graph: GraphBuilder, image: OnnxValue): OnnxValue {
  const { pixelLayer } = image;
  if (pixelLayer !== undefined) {
    return layerOf(graph, { ...pixelLayer, x: tokensOf(graph, pixelLayer.x) });
  }
  const [batch, channels, height, width] = image.shape as ImageShape;
  const shape = [batch, channels, height * width];
  return swapLast(graph, reshape(graph, image, shape, [0, channels, -1]));
}

/** Tokens as an image that remembers them. */
export function imageOf(
  graph: GraphBuilder,
  tokens: OnnxValue,
  { height, width }: { height: number; width: number },
): OnnxValue {
  const [batch, , channels] = tokens.shape as [string, number, number];
  const shape = [channels, height, width];
  const turned = swapLast(graph, tokens);
  const image = reshape(graph, turned, [batch, ...shape], [0, ...shape]);
  return { ...image, tokens };
}

/** A convolution, which acts on tokens where it may: one of single pixels, behind tokens or before. */
export function convolvedBesideTokens(
  graph: GraphBuilder,
  layer: OnnxLayer,
  { stride = 1, padding = 0, convolve }: Conv2dOptions & {
    convolve: () => OnnxValue;
  },
): OnnxValue {
  const { x, weight } = layer;
  const [, , ...kernel] = weight.shape;
  const single = kernel.every((side) => side === 1);
  if (!single || stride !== 1 || padding !== 0) return convolve();
  if (x.tokens === undefined) return { ...convolve(), pixelLayer: layer };
  const [, , height, width] = x.shape as ImageShape;
  const tokens = layerOf(graph, { ...layer, x: x.tokens });
  return imageOf(graph, tokens, { height, width });
}

/** A layer of tokens with the weight `[out, in, 1, 1]` of a convolution. */
function layerOf(
  graph: GraphBuilder,
  { x, weight, bias }: OnnxLayer,
): OnnxValue {
  const shape = weight.shape.slice(0, 2) as number[];
  return linear(graph, x, reshape(graph, weight, shape, shape), bias);
}
