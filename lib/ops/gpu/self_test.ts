import type * as onnxruntime from "onnxruntime-node";
import process from "node:process";
import type { AttentionForm } from "../onnx/attention.ts";
import { firstLine } from "../onnx/device_error.ts";
import type { OnnxDevice, TestedDevice } from "../onnx/devices.ts";
import {
  attentionGraph,
  convolutionGraph,
  largeScoresGraph,
  productGraph,
  type TestGraph,
} from "./test_graphs.ts";
import {
  distance,
  runTest,
  softwareFrom,
  testValues,
  timedTest,
  wrong,
} from "./test_runs.ts";

type Ort = typeof onnxruntime;

/** Largest error beside the CPU that counts as right. */
const testBound = 1e-4;

/** Sides of the first products: a processor that plays a GPU is known by the smallest it can be. */
const productSides = [256, 512];

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

/** Why a device is missing from this build of onnxruntime, as a clause; `undefined` where it has it. */
export function missingProvider(
  ort: Pick<Ort, "listSupportedBackends">,
  device: OnnxDevice,
): string | undefined {
  return ort.listSupportedBackends().some(({ name }) => name === device)
    ? undefined
    : `onnxruntime has none on ${process.platform} ${process.arch}`;
}

/** Compares a device with the CPU: a product, attention in both forms, and a convolution. */
export async function selfTest(
  ort: Ort,
  device: TestedDevice,
  { slowToo = true }: SelfTestOptions = {},
): Promise<SelfTest> {
  let found: SelfTest = {};
  const failure = missingProvider(ort, device);
  if (failure !== undefined) return { failure };
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

async function testModelParts(
  ort: Ort,
  device: TestedDevice,
  found: SelfTest,
): Promise<SelfTest> {
  const expected = await runTest(ort, "cpu", attentionGraph("fused"));
  const errorOf = async (form: AttentionForm) =>
    distance(expected, await runTest(ort, device, attentionGraph(form)));
  const fused = await errorOf("fused").catch(() => Infinity);
  const plain = await errorOf("plain").catch(() => Infinity);
  const convolutions = convolutionGraph(device);
  const convolved = await runTest(ort, "cpu", convolutions);
  const convolution = distance(
    convolved,
    await runTest(ort, device, convolutions),
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

/** Whether the scores of a large picture can be bound whole. */
async function bindsLargeScores(
  ort: Ort,
  device: TestedDevice,
): Promise<boolean> {
  const graph = largeScoresGraph();
  try {
    const [largest] = await runTest(ort, device, graph);
    const [rows, columns] = testValues(graph);
    const most = (list: Float32Array) => Math.max(...list);
    const least = (list: Float32Array) => Math.min(...list);
    const expected = Math.max(
      most(rows!) * most(columns!),
      least(rows!) * least(columns!),
    );
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
    device: (await timedTest(ort, device, graph)).ms,
    cpu: (await timedTest(ort, "cpu", graph)).ms,
  };
}

async function compare(
  ort: Ort,
  device: TestedDevice,
  graph: TestGraph,
): Promise<{ error: number; ms: number }> {
  const expected = await runTest(ort, "cpu", graph);
  const { results, ms } = await timedTest(ort, device, graph);
  return { error: distance(expected, results), ms };
}
