import type {
  Program,
  Signature,
  WeightInfo,
  WeightSource,
} from "./executor.ts";
import { GraphBuilder, type OnnxValue } from "./onnx_graph.ts";
import { onnxOps } from "./onnx_ops.ts";
import type {
  OnnxGraph,
  OnnxInitializer,
  OnnxValueInfo,
} from "./onnx_proto.ts";
import { Params } from "./params.ts";

/** A program written down as a graph, its weights still where they lie. */
export interface OnnxProgram {
  readonly graph: OnnxGraph;
  /** Weight files that the graph refers to, by the name it uses for each. */
  readonly files: ReadonlyMap<string, string>;
}

/** Options of {@linkcode writeProgram}. */
export interface WriteProgramOptions {
  /** Whether weights go into the graph instead of being referred to. @default {false} */
  embed?: boolean;
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
  const embedded: { name: string; info: WeightInfo }[] = [];
  const known = new Map<string, OnnxValue>();
  const params = new Params<OnnxValue>((name, shape) => {
    if (!known.has(name)) {
      const info = weights.info(name)!;
      const direct = !options.embed && info.file !== undefined &&
        readable.has(info.dtype);
      if (!direct) embedded.push({ name, info });
      known.set(
        name,
        direct ? refer(builder, files, { name, info }) : { name, shape },
      );
    }
    return known.get(name)!;
  });
  const inputs = Object.fromEntries(
    Object.entries(program.inputs).map((
      [name, { shape }],
    ) => [name, { name, shape }]),
  );
  const results = program.run(onnxOps(builder), params, inputs);
  const outputs = nameOutputs(builder, program, results);
  const initializers: OnnxInitializer[] = [...builder.initializers];
  for (const { name, info } of embedded) {
    const data = await weights.read(name);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    initializers.push({ name, type: "F32", shape: info.shape, bytes });
  }
  const used = new Set(builder.nodes.flatMap((node) => node.inputs));
  const graph = {
    name: program.name,
    nodes: builder.nodes,
    initializers,
    inputs: valueInfos(program.inputs).filter(({ name }) => used.has(name)),
    outputs,
  };
  return { graph, files };
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
