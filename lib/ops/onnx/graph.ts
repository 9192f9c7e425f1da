import type {
  OnnxAttribute,
  OnnxInitializer,
  OnnxNode,
  OnnxType,
} from "./proto.ts";
import type { WeightRows } from "./weights/weight_rows.ts";
import { sizeOf } from "../../core/tensor.ts";

/** A dimension: its size, or the name of one that differs from run to run. */
export type Dim = number | string;

/** A value of a graph that is being written down. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly Dim[];
  /** Name in the checkpoint, of a weight. */
  readonly weight?: string;
  /** The value whose elements these are, in another shape. */
  readonly reshaped?: OnnxValue;
  /** The picture of half the size whose pixels these are, each four times. */
  readonly enlarged?: OnnxValue;
  /** The layer whose result it is. */
  readonly layer?: OnnxLayer;
  /** The convolution of single pixels whose result it is, where that may act on tokens instead. */
  readonly pixelLayer?: OnnxLayer;
  /** The tokens that it is as an image. */
  readonly tokens?: OnnxValue;
}

/** A linear layer with its input. */
export interface OnnxLayer {
  readonly x: OnnxValue;
  readonly weight: OnnxValue;
  readonly bias?: OnnxValue;
  /** Factor of the result. @default {1} */
  readonly factor?: number;
}

/** Options of {@linkcode GraphBuilder.node}. */
export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Operator set; empty for ONNX's own. @default {""} */
  readonly domain?: string;
}

/** Collects the nodes and constants of a graph. */
export class GraphBuilder {
  /** Whether the graph computes in half precision; its float constants then are of it too. */
  readonly half: boolean;
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  /** Names of the weights that are used in eight bits. */
  readonly int8Weights = new Set<string>();
  /** Names of the constants that {@linkcode unfold} was called with. */
  readonly unfolded = new Set<string>();
  /** Some rows of a weight as a weight of its own; `undefined` where that would take a copy. */
  readonly rowsOf: (
    weight: OnnxValue,
    rows: WeightRows,
  ) => OnnxValue | undefined;
  /** Whether each run widens a weight, and not once for all. */
  readonly isWidened: (weight: OnnxValue) => boolean;
  /** A value as a node reads it. */
  readonly asRead: (value: OnnxValue) => OnnxValue;
  readonly #constants = new Map<string, OnnxValue>();

  /** Begins a graph. */
  constructor(
    { half = false, rowsOf, isWidened, asRead }: Partial<
      Pick<GraphBuilder, "half" | "rowsOf" | "isWidened" | "asRead">
    > = {},
  ) {
    this.half = half;
    this.rowsOf = rowsOf ?? (() => undefined);
    this.isWidened = isWidened ?? (() => false);
    this.asRead = asRead ?? ((value) => value);
  }

  /** Adds a node with one output of `shape`. */
  node(
    type: string,
    inputs: readonly OnnxValue[],
    shape: readonly Dim[],
    options: NodeOptions = {},
  ): OnnxValue {
    return this.nodesOf(type, inputs, [shape], options)[0]!;
  }

  /** Adds a node with several outputs. */
  nodesOf(
    type: string,
    inputs: readonly OnnxValue[],
    shapes: readonly (readonly Dim[])[],
    options: NodeOptions = {},
  ): OnnxValue[] {
    const read = inputs.map(this.asRead);
    const at = this.nodes.length;
    const outputs = shapes.map((shape, i) => ({
      name: `${type}_${at}_${i}`,
      shape,
    }));
    this.nodes.push({
      type,
      domain: options.domain ?? "",
      inputs: read.map(({ name }) => name),
      outputs: outputs.map(({ name }) => name),
      attributes: options.attributes ?? {},
    });
    return outputs;
  }

  /** A float constant; equal ones are kept once. */
  floats(
    values: readonly number[] | Float32Array,
    shape: readonly number[],
  ): OnnxValue {
    return this.half
      ? this.#constant("F16", Float16Array.from(values), shape)
      : this.#constant("F32", Float32Array.from(values), shape);
  }

  /** A list of integers, as shapes and axes are given to operators. */
  integers(values: readonly number[]): OnnxValue {
    return this.#constant("I64", BigInt64Array.from(values, BigInt), [
      values.length,
    ]);
  }

  /**
   * Makes a constant an input with its own value. So onnxruntime computes with it in each run, and
   * not once when it loads the graph.
   */
  unfold(constant: OnnxValue): OnnxValue {
    this.unfolded.add(constant.name);
    return constant;
  }

  #constant(
    type: OnnxType,
    values: Float32Array | Float16Array | BigInt64Array,
    shape: readonly number[],
  ): OnnxValue {
    const name = `constant_${type}_${shape.join("x")}_${hashOf(values.join())}`;
    const known = this.#constants.get(name);
    if (known) return known;
    if (values.length !== sizeOf(shape)) {
      throw new RangeError(`Constant ${name} is misshapen`);
    }
    const bytes = new Uint8Array(
      values.buffer,
      values.byteOffset,
      values.byteLength,
    );
    this.initializers.push({ name, type, shape, bytes });
    const value = { name, shape };
    this.#constants.set(name, value);
    return value;
  }
}

/** A word that stands for a list of numbers in a constant's name. */
function hashOf(text: string): string {
  if (text.length <= 32) return text;
  let a = 0x811c9dc5, b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b);
  }
  return `${text.length}_${(a >>> 0).toString(16)}${(b >>> 0).toString(16)}`;
}
