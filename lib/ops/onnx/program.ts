import type {
  Precision,
  Program,
  Signature,
  WeightSource,
} from "../executor.ts";
import type { GraphBuilder, OnnxValue } from "./graph.ts";
import { int8Initializers } from "./int8.ts";
import { onnxOps, type OnnxOpsOptions } from "./ops.ts";
import {
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  onnxTypes,
  type OnnxValueInfo,
} from "./proto.ts";
import { holdStored } from "./weights/held_weights.ts";
import { looseBytes, looseInitializers } from "./weights/loose_weights.ts";
import { referWeights } from "./weights/refer_weights.ts";

/** A program written down as a graph, its weights still where they lie. */
export interface OnnxProgram {
  readonly graph: OnnxGraph;
  /** Weight files that the graph refers to, by the name it uses for each. */
  readonly files: ReadonlyMap<string, string>;
  /** Weights that lie in no file, for {@linkcode writeLooseWeights}. */
  readonly loose: readonly string[];
  /** Whether it computes in half precision, which those weights are then written in. */
  readonly half: boolean;
}

/** Options of {@linkcode writeProgram}. */
export interface WriteProgramOptions extends OnnxOpsOptions {
  /** Whether weights go into the graph instead of being referred to. @default {false} */
  embed?: boolean;
  /** Whether a program that allows it gets eight-bit weights. @default {false} */
  int8?: boolean;
  /**
   * Bytes of weights that lie in no file from which on the graph refers to a file for
   * them. A graph holds 2 GB at most, and its weights are in memory three times while it loads.
   *
   * @default {Infinity}
   */
  looseFrom?: number;
  /**
   * Precision that the graph computes in, which its inputs have too; outputs are float32 in any case.
   * A program may insist on float32.
   *
   * @default {"float32"}
   */
  precision?: Precision;
  /**
   * Bytes of weights in float32 above which those stored in half precision stay so in memory: each
   * run widens them layer by layer, where onnxruntime would otherwise widen all once and keep them.
   *
   * @default {Infinity}
   */
  heldFrom?: number;
}

/** Writes a program down as an ONNX graph over its weights. */
export async function writeProgram(
  program: Program,
  weights: WeightSource,
  options: WriteProgramOptions = {},
): Promise<OnnxProgram> {
  const half = options.precision === "float16" && !program.needsFloat32;
  const { embed, looseFrom = Infinity, heldFrom = Infinity } = options;
  const referred = referWeights(program, weights, { half, heldFrom, embed });
  const { builder, params, files, embedded } = referred;
  const ops = onnxOps(builder, {
    ...options,
    int8: options.int8 && program.allowsInt8,
    centred: options.centred && !half, // sums of many halves overflow
    oneEpsilon: options.oneEpsilon && !half, // so may larger values
  });
  const inputs = valueInfos(program.inputs, half);
  const results = program.run(ops, params, byName(inputs));
  const outputs = nameOutputs(builder, program, results);
  const nodes = withoutDeadNodes(builder.nodes, outputs);
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const own = embedded.filter((name) => used.has(name));
  holdStored(builder, used, referred.isHeld);
  const loose = looseBytes(weights, own, half) >= looseFrom ? own : [];
  const initializers = [
    ...builder.initializers.filter(({ name }) => used.has(name)),
    ...looseInitializers(weights, loose, half),
    ...await readInitializers(
      weights,
      loose.length > 0 ? [] : own,
      { int8: [...builder.int8Weights], half },
    ),
  ];
  const graph = {
    name: program.name,
    nodes,
    initializers,
    inputs: [
      ...inputs.filter(({ name }) => used.has(name)),
      ...initializers.filter(({ name }) => builder.unfolded.has(name)),
    ],
    outputs,
  };
  return { graph, files, loose, half };
}

/**
 * The nodes on which outputs depend. Weights need no cast where only their eight-bit forms or their
 * rows are used, nor do unused inputs. A convolution of the small picture does not need the large
 * one.
 */
function withoutDeadNodes(
  nodes: readonly OnnxNode[],
  outputs: readonly OnnxValueInfo[],
): OnnxNode[] {
  const used = new Set(outputs.map(({ name }) => name));
  const living = nodes.toReversed().filter((node) => {
    const lives = node.outputs.some((name) => used.has(name));
    if (lives) { for (const name of node.inputs) used.add(name); }
    return lives;
  });
  return living.reverse();
}

/** Weights that go into the graph itself: as they are, or in eight bits. */
async function readInitializers(
  weights: WeightSource,
  plain: readonly string[],
  { int8, half }: { int8: readonly string[]; half: boolean },
): Promise<OnnxInitializer[]> {
  const read: OnnxInitializer[] = [];
  for (const name of plain) {
    const { shape } = weights.info(name)!;
    const floats = await weights.read(name);
    const data = half ? new Float16Array(floats) : floats;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    read.push({ name, type: half ? "F16" : "F32", shape, bytes });
  }
  for (const name of int8) {
    const { shape } = weights.info(name)!;
    read.push(...int8Initializers(name, shape, await weights.read(name)));
  }
  return read;
}

/** Gives results their names of the program's signature. */
function nameOutputs(
  builder: GraphBuilder,
  program: Program,
  results: Readonly<Record<string, OnnxValue>>,
): OnnxValueInfo[] {
  return Object.entries(program.outputs).map(([name, { shape }]) => {
    builder.nodes.push({
      type: builder.half ? "Cast" : "Identity",
      domain: "",
      inputs: [results[name]!.name],
      outputs: [name],
      attributes: builder.half ? { to: { int: onnxTypes.F32 } } : {},
    });
    return { name, type: "F32", shape };
  });
}

function byName(values: readonly OnnxValue[]): Record<string, OnnxValue> {
  return Object.fromEntries(values.map((value) => [value.name, value]));
}

function valueInfos(
  signatures: Readonly<Record<string, Signature>>,
  half: boolean,
): OnnxValueInfo[] {
  return Object.entries(signatures).map(([name, { kind, shape }]) => ({
    name,
    type: kind === "ids" ? "I32" : half ? "F16" : "F32",
    shape,
  }));
}
