import type {
  Program,
  Signature,
  WeightInfo,
  WeightSource,
} from "../executor.ts";
import { GraphBuilder, type OnnxValue } from "./graph.ts";
import { int8Initializers } from "./int8.ts";
import { onnxOps, type OnnxOpsOptions } from "./ops.ts";
import type {
  OnnxGraph,
  OnnxInitializer,
  OnnxNode,
  OnnxValueInfo,
} from "./proto.ts";
import { Params } from "../params.ts";
import { looseBytes, looseInitializers } from "./loose_weights.ts";

/** A program written down as a graph, its weights still where they lie. */
export interface OnnxProgram {
  readonly graph: OnnxGraph;
  /** Weight files that the graph refers to, by the name it uses for each. */
  readonly files: ReadonlyMap<string, string>;
  /** Weights that lie in no file, for {@linkcode writeLooseWeights}. */
  readonly loose: readonly string[];
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
}

/** Element types that graphs read from weight files as they are. */
const readable = new Set(["F32", "F16", "BF16"]);

/** Writes a program down as an ONNX graph over its weights. */
export async function writeProgram(
  program: Program,
  weights: WeightSource,
  options: WriteProgramOptions = {},
): Promise<OnnxProgram> {
  const builder = new GraphBuilder();
  const files = new Map<string, string>();
  const embedded: string[] = [];
  const known = new Map<string, OnnxValue>();
  const params = new Params<OnnxValue>((name, shape) => {
    if (!known.has(name)) {
      const info = weights.info(name)!;
      const direct = !options.embed && info.file !== undefined &&
        readable.has(info.dtype);
      if (!direct) embedded.push(name);
      known.set(
        name,
        direct
          ? { ...refer(builder, files, { name, info }), weight: name }
          : { name, shape, weight: name },
      );
    }
    return known.get(name)!;
  });
  const inputs = Object.fromEntries(
    Object.entries(program.inputs).map((
      [name, { shape }],
    ) => [name, { name, shape }]),
  );
  const results = program.run(
    onnxOps(builder, {
      ...options,
      int8: options.int8 && program.allowsInt8,
    }),
    params,
    inputs,
  );
  const outputs = nameOutputs(builder, program, results);
  const nodes = withoutDeadCasts(builder.nodes);
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const own = embedded.filter((name) => used.has(name));
  const { looseFrom = Infinity } = options;
  const loose = looseBytes(weights, own) >= looseFrom ? own : [];
  const initializers = [
    ...builder.initializers.filter(({ name }) => used.has(name)),
    ...looseInitializers(weights, loose),
    ...await readInitializers(
      weights,
      loose.length > 0 ? [] : own,
      [...builder.int8Weights],
    ),
  ];
  const graph = {
    name: program.name,
    nodes,
    initializers,
    inputs: [
      ...valueInfos(program.inputs).filter(({ name }) => used.has(name)),
      ...initializers.filter(({ name }) => builder.unfolded.has(name)),
    ],
    outputs,
  };
  return { graph, files, loose };
}

/** Half-precision weights that only their eight-bit forms are used of need no cast. */
function withoutDeadCasts(nodes: readonly OnnxNode[]): OnnxNode[] {
  const used = new Set(nodes.flatMap((node) => node.inputs));
  return nodes.filter(({ type, outputs }) =>
    type !== "Cast" || used.has(outputs[0]!)
  );
}

/** Weights that go into the graph itself: as they are, or in eight bits. */
async function readInitializers(
  weights: WeightSource,
  plain: readonly string[],
  int8: readonly string[],
): Promise<OnnxInitializer[]> {
  const read: OnnxInitializer[] = [];
  for (const name of plain) {
    const { shape } = weights.info(name)!;
    const data = await weights.read(name);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    read.push({ name, type: "F32", shape, bytes });
  }
  for (const name of int8) {
    const { shape } = weights.info(name)!;
    read.push(...int8Initializers(name, shape, await weights.read(name)));
  }
  return read;
}

/** A weight where it lies in its file, behind a cast where it is of half precision. */
function refer(
  builder: GraphBuilder,
  files: Map<string, string>,
  weight: { name: string; info: WeightInfo },
): OnnxValue {
  const { name, info: { file, dtype, shape, offset, length } } = weight;
  const link = [...files].find(([, path]) => path === file)?.[0] ??
    `weights_${files.size}.safetensors`;
  files.set(link, file!);
  const type = dtype as "F32" | "F16" | "BF16";
  const external = { file: link, offset, length };
  if (type === "F32") {
    builder.initializers.push({ name, type, shape, external });
    return { name, shape };
  }
  const stored = `${name}.${type}`;
  builder.initializers.push({ name: stored, type, shape, external });
  return builder.node("Cast", [{ name: stored, shape }], shape, {
    attributes: { to: { int: 1 } },
  });
}

/** Gives results their names of the program's signature. */
function nameOutputs(
  builder: GraphBuilder,
  program: Program,
  results: Readonly<Record<string, OnnxValue>>,
): OnnxValueInfo[] {
  return Object.entries(program.outputs).map(([name, { shape }]) => {
    builder.nodes.push({
      type: "Identity",
      domain: "",
      inputs: [results[name]!.name],
      outputs: [name],
      attributes: {},
    });
    return { name, type: "F32", shape };
  });
}

function valueInfos(
  signatures: Readonly<Record<string, Signature>>,
): OnnxValueInfo[] {
  return Object.entries(signatures).map(([name, { kind, shape }]) => ({
    name,
    type: kind === "ids" ? "I32" : "F32",
    shape,
  }));
}
