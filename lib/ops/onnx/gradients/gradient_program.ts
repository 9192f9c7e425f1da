import type { Signature, Values, WeightSource } from "../../executor.ts";
import type { LossOps } from "../../loss_ops.ts";
import { checkNumber } from "../../check_loss.ts";
import type { LossProgram, LossValues } from "../../loss_program.ts";
import { sizeOf } from "../../../core/tensor.ts";
import type { OnnxValue } from "../graph.ts";
import type { OnnxOpsOptions } from "../ops.ts";
import { namedNodes } from "../named_nodes.ts";
import type { OnnxProgram } from "../program.ts";
import type { OnnxGraph, OnnxValueInfo } from "../proto.ts";
import { Params } from "../../params.ts";
import { Tape, type Taped } from "../../tape/tape.ts";
import { tapedOps } from "../../tape/taped_ops.ts";
import { giveDerivatives, GraphResults } from "./graph_results.ts";
import {
  placeTrained,
  type PlaceWeight,
  rowLength,
  rowsOf,
} from "./joined_weights.ts";
import { onnxGradientOps } from "./gradient_ops.ts";
import { graphNames } from "./graph_names.ts";
import { bytesInFiles, WeightReferences } from "./weight_references.ts";

/** Options of {@linkcode writeGradientProgram}. */
export interface GradientProgramOptions extends OnnxOpsOptions {
  /** Shapes of all values of a batch. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Shapes of the weights that gradients are taken by, which are inputs of the graph. */
  readonly trained: ReadonlyMap<string, readonly number[]>;
  /**
   * Names of all trained weights, in whose order they come as one vector, and the gradients go: one
   * copy each way in place of hundreds. @default {each comes and goes by itself}
   */
  readonly joined?: readonly string[];
  /** All other weights. */
  readonly frozen: WeightSource;
  /** Names of the batch's values that derivatives are taken by as well. @default {[]} */
  readonly by?: readonly string[];
  /** Whether blocks forget their inner values and compute them again. @default {false} */
  readonly recompute?: boolean;
  /**
   * Bytes of frozen weights in float32 above which those of half precision stay so, where inner values
   * are computed again. @default {Infinity}
   */
  readonly heldFrom?: number;
}

/** A loss with its gradients, written down as a graph. */
export interface GradientProgram extends OnnxProgram {
  /**
   * Shapes in which the gradients come, by the names of the trained weights that the loss depends on;
   * the elements are in the weights' order. None if they come as one vector.
   */
  readonly gradients: ReadonlyMap<string, readonly number[]>;
  /** Shapes of the derivatives by the batch's values, of those that the loss depends on. */
  readonly slopes: ReadonlyMap<string, readonly number[]>;
  /** Names of the metrics. */
  readonly metrics: readonly string[];
}

/**
 * Writes a loss and its gradients down as one ONNX graph. Its inputs are a batch, the trained weights
 * and the share of the batch in a step; its outputs the loss, the metrics and the gradients times
 * that share. Derivatives by values of the batch are called slopes.
 */
export async function writeGradientProgram(
  program: LossProgram,
  options: GradientProgramOptions,
): Promise<GradientProgram> {
  const { trained, recompute, by = [] } = options;
  const references = referTo(program, options);
  const { builder } = references;
  const ops = onnxGradientOps(builder, options);
  const tape = new Tape<OnnxValue>(ops);
  const places = placeWeights(tape, references, {
    trained,
    place: placeTrained(builder, options),
  });
  const batch = batchValues(tape, program, options);
  const taped = tapedOps(tape, ops, { recompute });
  const { loss, metrics: parts } = lossOf(program, taped, places.params, batch);
  const share = { name: graphNames.share, shape: [] };
  const wanted = [
    ...[...places.trained].map(([name, weight]) =>
      [graphNames.gradient(name), weight] as const
    ),
    ...by.map((name) => [graphNames.slope(name), batch[name]!] as const),
  ];
  const gradients = tape.gradients(
    loss,
    wanted.map(([, place]) => place),
    share,
  );
  const results = new GraphResults();
  results.give(graphNames.loss, loss.value);
  const metrics = Object.entries(parts ?? {});
  for (const [name, { value }] of metrics) {
    results.give(graphNames.metric(name), value);
  }
  const found = new Map(wanted.map(([name], i) => [name, gradients[i]]));
  const shapes = giveDerivatives(builder, results, { found, ...options });
  return {
    graph: await usedGraph(program, options, { references, results }),
    files: references.files,
    loose: [],
    half: false,
    gradients: pick(shapes, places.trained.keys(), graphNames.gradient),
    slopes: pick(shapes, by, graphNames.slope),
    metrics: metrics.map(([name]) => name),
  };
}

/** Begins a graph that refers to the frozen weights. */
function referTo(
  program: LossProgram,
  options: GradientProgramOptions,
): WeightReferences {
  const { frozen, recompute, heldFrom = Infinity } = options;
  return new WeightReferences(frozen, {
    hold: recompute && bytesInFiles(program, options) > heldFrom,
  });
}

/** The graph of the results, with the inputs and weights that they depend on. */
async function usedGraph(
  program: LossProgram,
  options: GradientProgramOptions,
  { references, results }: {
    readonly references: WeightReferences;
    readonly results: GraphResults;
  },
): Promise<OnnxGraph> {
  const { builder } = references;
  const nodes = namedNodes(builder.nodes, results.given);
  const initializers = await references.initializers(nodes);
  const used = new Set(nodes.flatMap((node) => node.inputs));
  return {
    name: `${program.name}_gradients`,
    nodes,
    initializers,
    inputs: [
      ...graphInputs(program, options).filter(({ name }) => used.has(name)),
      ...initializers.filter(({ name }) => builder.unfolded.has(name)),
    ],
    outputs: results.outputs,
  };
}

/** The loss and its metrics, each one number. */
function lossOf(
  program: LossProgram,
  ops: LossOps<Taped<OnnxValue>>,
  weights: Params<Taped<OnnxValue>>,
  batch: Values<Taped<OnnxValue>>,
): LossValues<Taped<OnnxValue>> {
  const { loss, metrics } = program.run(ops, weights, batch);
  for (const [name, { value }] of Object.entries({ ...metrics, loss })) {
    checkNumber(program, name, value.shape);
  }
  return { loss, metrics };
}

/** The shapes of outputs, by the names of what they are derivatives by. */
function pick(
  shapes: ReadonlyMap<string, readonly number[]>,
  names: Iterable<string>,
  outputOf: (name: string) => string,
): Map<string, readonly number[]> {
  return new Map(
    [...names].flatMap((name) => {
      const shape = shapes.get(outputOf(name));
      return shape === undefined ? [] : [[name, shape]];
    }),
  );
}

/** Weights by name: trained ones as they come, others where they lie. */
function placeWeights(
  tape: Tape<OnnxValue>,
  references: WeightReferences,
  { trained: shapes, place }: {
    readonly trained: GradientProgramOptions["trained"];
    readonly place: PlaceWeight;
  },
) {
  const trained = new Map<string, Taped<OnnxValue>>();
  const frozen = new Map<string, Taped<OnnxValue>>();
  const params = new Params<Taped<OnnxValue>>((name, shape) => {
    const isTrained = shapes.has(name);
    const known = isTrained ? trained : frozen;
    const found = known.get(name) ?? tape.weight(
      isTrained ? place(name, shape) : references.get(name),
      isTrained,
    );
    known.set(name, found);
    return found;
  });
  return { params, trained };
}

function batchValues(
  tape: Tape<OnnxValue>,
  program: LossProgram,
  { shapes, by = [] }: GradientProgramOptions,
): Record<string, Taped<OnnxValue>> {
  const named = Object.keys(program.inputs).map((name) => {
    const shape = shapes[name];
    if (shape === undefined) {
      throw new TypeError(`A batch of "${program.name}" lacks "${name}"`);
    }
    const value = { name: graphNames.batch(name), shape };
    const place = by.includes(name)
      ? tape.variable(value)
      : tape.constant(value);
    return [name, place] as const;
  });
  return Object.fromEntries(named);
}

function graphInputs(
  { inputs }: LossProgram,
  { shapes, trained, joined }: GradientProgramOptions,
): OnnxValueInfo[] {
  const rows = [...trained.values()]
    .reduce((sum, shape) => sum + rowsOf(sizeOf(shape)), 0);
  const typeOf = (kind: Signature["kind"]) => kind === "ids" ? "I32" : "F32";
  return [
    ...Object.entries(inputs).map(([name, kind]) => ({
      name: graphNames.batch(name),
      type: typeOf(kind) as OnnxValueInfo["type"],
      shape: shapes[name]!,
    })),
    ...[...trained].map(([name, shape]) => ({
      name: graphNames.weight(name),
      type: "F32" as const,
      shape,
    })),
    ...(joined
      ? [{
        name: graphNames.weights,
        type: "F32" as const,
        shape: [rows, rowLength],
      }]
      : []),
    { name: graphNames.share, type: "F32", shape: [] },
  ];
}
