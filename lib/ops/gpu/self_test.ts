import type * as onnxruntime from "onnxruntime-node";
import process from "node:process";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { AttentionForm } from "../onnx/attention.ts";
import { firstLine } from "../onnx/device_error.ts";
import {
  backendOf,
  deviceSettings,
  quietly,
  type TestedDevice,
} from "../onnx/devices.ts";
import { GraphBuilder, type OnnxValue } from "../onnx/graph.ts";
import { conv2d } from "../onnx/layers.ts";
import { onnxOps } from "../onnx/ops.ts";
import { encodeOnnx } from "../onnx/proto.ts";

type Ort = typeof onnxruntime;

/** Largest error beside the CPU that counts as right. */
export const testBound = 1e-4;

/** Sides of the first products: a processor that plays a GPU is known by the smallest it can be. */
const productSides = [256, 512];

/** Milliseconds that no GPU takes for them. */
const softwareFrom = 20;

/** Errors beside the CPU, relative to the largest value. */
export interface TestErrors {
  readonly product: number;
  readonly fused?: number;
  readonly plain?: number;
  readonly convolution?: number;
}

/** Findings of a self-test of a device. */
export interface SelfTest {
  /** Why the device cannot be used, as a clause; absent where it can. */
  readonly failure?: string;
  /** How attention is right there; absent where that was not tested. */
  readonly attention?: AttentionForm;
  readonly errors?: TestErrors;
  /** The last product of two square matrices, and its milliseconds. */
  readonly product?: { readonly side: number; readonly ms: number };
  /** Whether the device is a processor that plays a GPU. */
  readonly software?: boolean;
  /** Milliseconds of eight products of 1024 × 1024 matrices, where the device is none of software. */
  readonly speed?: { readonly device: number; readonly cpu: number };
}

/** How a self-test is run. */
export interface SelfTestOptions {
  /** Whether attention is tested on a slow device too, which takes seconds. @default {true} */
  readonly slowToo?: boolean;
}

/** Compares a device with the CPU: a product, attention in both forms, and a convolution. */
export async function selfTest(
  ort: Ort,
  device: TestedDevice,
  { slowToo = true }: SelfTestOptions = {},
): Promise<SelfTest> {
  let found: SelfTest = {};
  if (!ort.listSupportedBackends().some(({ name }) => name === device)) {
    const system = `${process.platform} ${process.arch}`;
    return { failure: `onnxruntime has none on ${system}` };
  }
  try {
    for (const side of productSides) {
      const { ms, error } = await compare(ort, device, productGraph(side));
      const software = ms > softwareFrom;
      found = { product: { side, ms }, software, errors: { product: error } };
      if (!(error <= testBound)) {
        return { ...found, failure: wrong("a product", error) };
      }
      if (software) break;
    }
    if (!found.software) {
      found = { ...found, speed: await measureSpeed(ort, device) };
    }
    if (!slowToo && isSlow(found)) return found;
    return await testModelParts(ort, device, found);
  } catch (cause) {
    return { ...found, failure: firstLine(cause) };
  }
}

/** How many times faster than the CPU a GPU must be for `auto` to take it. */
export const leastSpeed = 1.5;

/** Whether a device is one of software, or not faster than the CPU. */
export function isSlow({ software, speed }: SelfTest): boolean {
  return software === true ||
    speed !== undefined && speed.cpu < leastSpeed * speed.device;
}

function wrong(part: string, error: number): string {
  return `${part} is wrong by ${error.toExponential(1)}`;
}

async function testModelParts(
  ort: Ort,
  device: TestedDevice,
  found: SelfTest,
): Promise<SelfTest> {
  const expected = await run(ort, "cpu", attentionGraph("fused"));
  const errorOf = async (form: AttentionForm) =>
    distance(expected, await run(ort, device, attentionGraph(form)));
  const fused = await errorOf("fused").catch(() => Infinity);
  const plain = await errorOf("plain").catch(() => Infinity);
  const convolved = await run(ort, "cpu", convolutionGraph());
  const convolution = distance(
    convolved,
    await run(ort, device, convolutionGraph()),
  );
  const tested = {
    ...found,
    errors: { ...found.errors!, fused, plain, convolution },
  };
  if (!(convolution <= testBound)) {
    return { ...tested, failure: wrong("a convolution", convolution) };
  }
  if (fused <= testBound) return { ...tested, attention: "fused" };
  if (!(plain <= testBound)) {
    return { ...tested, failure: wrong("attention", Math.min(fused, plain)) };
  }
  const large = !found.software && await bindsLargeScores(ort, device);
  return { ...tested, attention: large ? "plain" : "tiled" };
}

/**
 * Refuses a device whose driver has no half precision.
 *
 * @throws {LocRefError} `backend-missing`.
 */
export async function checkHalf(ort: Ort, device: TestedDevice): Promise<void> {
  const graph = new GraphBuilder({ half: true });
  const cast = (x: OnnxValue, to: number) =>
    graph.node("Cast", [x], x.shape, { attributes: { to: { int: to } } });
  const x = { name: "x", shape: [16, 16] };
  const half = cast(x, 10);
  const y = cast(graph.node("MatMul", [half, half], [16, 16]), 1);
  try {
    await run(ort, device, { graph, inputs: [x], outputs: [y] });
  } catch (cause) {
    throw new LocRefError(
      "backend-missing",
      `Backend "${backendOf(device)}" has no half precision here (${
        quote(firstLine(cause))
      }): leave precision out`,
      { cause },
    );
  }
}

/** A graph with the values that go in and come out. */
interface TestGraph {
  readonly graph: GraphBuilder;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

function productGraph(side: number, products = 1): TestGraph {
  const graph = new GraphBuilder();
  const x = { name: "x", shape: [side, side] };
  const root = graph.floats([1 / Math.sqrt(side)], []);
  let y: OnnxValue = x;
  for (let i = 0; i < products; i++) {
    const scaled = graph.node("Mul", [y, root], x.shape);
    y = graph.node("MatMul", [scaled, x], x.shape);
  }
  const most = graph.node("ReduceMax", [y], [], {
    attributes: { keepdims: { int: 0 } },
  });
  return { graph, inputs: [x], outputs: [products > 1 ? most : y] };
}

/** Attention as text encoders, cross-attention and self-attention of Stable Diffusion have it. */
function attentionGraph(form: AttentionForm): TestGraph {
  const graph = new GraphBuilder();
  const ops = onnxOps(graph, { attention: form });
  const value = (name: string, ...shape: number[]) => ({ name, shape });
  const text = value("text", 1, 77, 32);
  const queries = value("queries", 1, 64, 320);
  const words = value("words", 1, 77, 320);
  return {
    graph,
    inputs: [text, queries, words],
    outputs: [
      ops.attention(text, text, text, { heads: 4, causal: true }),
      ops.attention(queries, words, words, { heads: 8 }),
      ops.attention(queries, queries, queries, { heads: 2 }),
    ],
  };
}

/** A convolution of Stable Diffusion's first width. */
function convolutionGraph(): TestGraph {
  const graph = new GraphBuilder();
  const x = { name: "x", shape: [1, 320, 8, 8] };
  const weight = { name: "weight", shape: [320, 320, 3, 3] };
  const y = conv2d(graph, { x, weight, bias: undefined }, {
    padding: 1,
    winogradFrom: Infinity,
  });
  return { graph, inputs: [x, weight], outputs: [y] };
}

/** Whether scores of 1.5 GB, those of a picture of 1024 × 1024 pixels, can be bound whole. */
async function bindsLargeScores(
  ort: Ort,
  device: TestedDevice,
): Promise<boolean> {
  const side = 20_000;
  const graph = new GraphBuilder();
  const rows = { name: "rows", shape: [side, 1] };
  const columns = { name: "columns", shape: [1, side] };
  const scores = graph.node("MatMul", [rows, columns], [side, side]);
  const y = graph.node("ReduceMax", [scores], [], {
    attributes: { keepdims: { int: 0 } },
  });
  const inputs = [rows, columns];
  try {
    const [largest] = await run(ort, device, { graph, inputs, outputs: [y] });
    const most = (seed: number) => Math.max(...numbers(side, seed));
    const least = (seed: number) => Math.min(...numbers(side, seed));
    const expected = Math.max(most(1) * most(2), least(1) * least(2));
    return Math.abs(largest![0]! / expected - 1) < testBound;
  } catch {
    return false;
  }
}

async function measureSpeed(
  ort: Ort,
  device: TestedDevice,
): Promise<{ device: number; cpu: number }> {
  const graph = productGraph(1024, 8);
  return {
    device: (await timed(ort, device, graph)).ms,
    cpu: (await timed(ort, "cpu", graph)).ms,
  };
}

async function compare(
  ort: Ort,
  device: TestedDevice,
  graph: TestGraph,
): Promise<{ error: number; ms: number }> {
  const expected = await run(ort, "cpu", graph);
  const { results, ms } = await timed(ort, device, graph);
  return { error: distance(expected, results), ms };
}

async function run(
  ort: Ort,
  device: TestedDevice | "cpu",
  graph: TestGraph,
): Promise<Float32Array[]> {
  return (await timed(ort, device, graph, 1)).results;
}

/** The results, and the fastest of several runs, whose first compiles. */
async function timed(
  ort: Ort,
  device: TestedDevice | "cpu",
  { graph, inputs, outputs }: TestGraph,
  runs = 3,
): Promise<{ results: Float32Array[]; ms: number }> {
  const info = ({ name, shape }: OnnxValue) => ({ name, shape });
  const bytes = await encodeOnnx({
    name: "self_test",
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: inputs.map((one) => ({ ...info(one), type: "F32" })),
    outputs: outputs.map((one) => ({ ...info(one), type: "F32" })),
  });
  const session = await quietly(
    ort,
    () => ort.InferenceSession.create(bytes, deviceSettings(device)),
  );
  const feeds = Object.fromEntries(inputs.map(({ name, shape }, i) => {
    const sizes = shape as number[];
    const values = numbers(sizeOf(sizes), i + 1);
    return [name, new ort.Tensor("float32", values, sizes)];
  }));
  let results: Float32Array[] = [], ms = Infinity;
  try {
    for (let i = 0; i < runs; i++) {
      const began = performance.now();
      const out = await session.run(feeds);
      const took = performance.now() - began;
      if (i > 0 || runs === 1) ms = Math.min(ms, took);
      results = outputs.map(({ name }) => out[name]!.data as Float32Array);
      if (i > 0 && ms > 2 * softwareFrom) break; // slow whatever else is measured
    }
  } finally {
    await session.release();
  }
  return { results, ms };
}

/** Numbers from −1 to 1 that depend on `seed` only. */
function numbers(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** The largest of the lists' errors, each relative to its largest expected value. */
function distance(
  expected: readonly Float32Array[],
  actual: readonly Float32Array[],
): number {
  let worst = 0;
  for (const [i, list] of expected.entries()) {
    let most = 0, largest = 0;
    for (const [j, value] of list.entries()) {
      largest = Math.max(largest, Math.abs(value));
      const error = Math.abs(value - actual[i]![j]!);
      if (Number.isNaN(error)) return Infinity;
      most = Math.max(most, error);
    }
    worst = Math.max(worst, most / largest);
  }
  return worst;
}
