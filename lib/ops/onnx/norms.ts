import type { GraphBuilder, OnnxValue } from "./graph.ts";
import { perChannel, reshape } from "./shapes.ts";

/** An input with the factors and shifts of its norm. */
interface Normed {
  readonly x: OnnxValue;
  readonly weight: OnnxValue;
  readonly bias: OnnxValue;
}

/** Forms of norms that devices need. */
export interface NormOptions {
  /** Whether the means are taken off before values are normed. @default {false} */
  centred?: boolean;
  /** Whether all group normalisations get one epsilon, their values scaled to match. @default {false} */
  oneEpsilon?: boolean;
}

/** Values around the mean of their last axis. */
function centre(graph: GraphBuilder, x: OnnxValue): OnnxValue {
  const inputs = [x, graph.integers([-1])];
  const mean = graph.node("ReduceMean", inputs, x.shape.with(-1, 1));
  return graph.node("Sub", [x, mean], x.shape);
}

/** Normalisation along the last axis. */
export function layerNorm(
  graph: GraphBuilder,
  { x, weight, bias }: Normed,
  { eps, centred = false }: NormOptions & { eps: number },
): OnnxValue {
  const inputs = [centred ? centre(graph, x) : x, weight, bias];
  return graph.node("LayerNormalization", inputs, x.shape, {
    attributes: { axis: { int: -1 }, epsilon: { float: eps } },
  });
}

/** Instance normalisation over groups laid flat is the fastest form that onnxruntime has. */
export function groupNorm(
  graph: GraphBuilder,
  { x, weight, bias }: Normed,
  options: NormOptions & { groups: number; eps: number },
): OnnxValue {
  const { groups, eps, centred = false, oneEpsilon = false } = options;
  const [batch, channels, height, width] = x.shape as [
    string,
    number,
    number,
    number,
  ];
  const cells = channels / groups * height * width;
  const flat = reshape(graph, x, [batch, groups, cells], [0, groups, -1]);
  const around = centred ? centre(graph, flat) : flat;
  const normal = oneEpsilon
    ? instanceNorm(graph, scaledFor(graph, around, eps), sharedEpsilon)
    : instanceNorm(graph, around, eps);
  const back = reshape(graph, normal, x.shape, [0, channels, height, width]);
  const scaled = graph.node("Mul", [back, perChannel(graph, weight)], x.shape);
  return graph.node("Add", [scaled, perChannel(graph, bias)], x.shape);
}

function instanceNorm(
  graph: GraphBuilder,
  x: OnnxValue,
  eps: number,
): OnnxValue {
  const groups = x.shape[1] as number;
  const ones = graph.floats(Array(groups).fill(1), [groups]);
  const zeros = graph.floats(Array(groups).fill(0), [groups]);
  return graph.node("InstanceNormalization", [x, ones, zeros], x.shape, {
    attributes: { epsilon: { float: eps } },
  });
}

/** The epsilon of group normalisations that share one. */
const sharedEpsilon = 1e-5;

/** Values whose norm with {@linkcode sharedEpsilon} is that of `x` with its own. */
function scaledFor(
  graph: GraphBuilder,
  x: OnnxValue,
  eps: number,
): OnnxValue {
  if (eps === sharedEpsilon) return x;
  const factor = graph.floats([Math.sqrt(sharedEpsilon / eps)], []);
  return graph.node("Mul", [x, factor], x.shape);
}
