import process from "node:process";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import { sizeOf } from "../../lib/core/tensor.ts";
import { GraphBuilder, type OnnxValue } from "../../lib/ops/onnx/graph.ts";
import { onnxGradientOps } from "../../lib/ops/onnx/gradients/gradient_ops.ts";
import { encodeOnnx, type OnnxGraph } from "../../lib/ops/onnx/proto.ts";
import { Tape } from "../../lib/ops/tape/tape.ts";
import { tapedOps } from "../../lib/ops/tape/taped_ops.ts";
import type { Report, ReportTable } from "../report.ts";

/** Questions about onnxruntime that the form of a training step rests on. */
export const trainingGraphReports: readonly Report[] = [
  {
    name: "training-in-place",
    summary: "whether outputs may lie where inputs do, and what that takes",
    run: ({ rounds = 15 }) => inPlace(rounds),
  },
  {
    name: "training-recompute",
    summary:
      "memory of gradients with and without parts that are computed again",
    run: () => recompute(),
  },
];

const values = 5_000_000;

/** Updates 5 million values with outputs bound to the inputs, and with fresh outputs. */
async function inPlace(rounds: number): Promise<ReportTable> {
  const ort = await importPackage("onnxruntime");
  const builder = new GraphBuilder();
  const ops = onnxGradientOps(builder);
  const shape = [values];
  const state = { name: "state", shape }, change = { name: "change", shape };
  const next = ops.add(ops.scale(state, 0.5), change);
  const session = await ort.InferenceSession.create(
    await encodeOnnx(graphOf(builder, [state, change], [next])),
    { logSeverityLevel: 3 },
  );
  const vector = (value: number) =>
    new ort.Tensor("float32", new Float32Array(values).fill(value), shape);
  const own = vector(8), added = vector(1);
  const feeds = { state: own, change: added };
  const bound = await session.run(feeds, { output_0: own });
  const [first] = own.data as Float32Array;
  const copied = bound.output_0!.data !== own.data;
  const time = async (run: () => Promise<unknown>) => {
    const seconds = [];
    for (let i = 0; i < rounds; i++) {
      const start = performance.now();
      await run();
      seconds.push(performance.now() - start);
    }
    return seconds.sort((a, b) => a - b)[Math.floor(rounds / 2)]!.toFixed(1);
  };
  const rows = [
    [
      "bound to the input",
      await time(() => session.run(feeds, { output_0: own })),
    ],
    ["fresh", await time(() => session.run(feeds))],
  ];
  await session.release();
  return {
    notes: [
      `A bound output ${
        first === 5 ? "is" : "is not"
      } written where its input lies.`,
      `The runtime returns ${
        copied ? "a copy of it as well" : "the same memory"
      }.`,
    ],
    head: ["outputs", `ms for ${values / 1e6} million values`],
    rows,
  };
}

const width = 512, rowsOfTokens = 8192, depth = 24;

/** Gradients of a chain of wide layers: peak memory of a run, in a process of its own each. */
async function recompute(): Promise<ReportTable> {
  const rows = [];
  for (const form of ["plain", "recomputed"]) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", import.meta.filename!, form],
      stderr: "inherit",
    }).output();
    rows.push([form, ...new TextDecoder().decode(stdout).trim().split(" ")]);
  }
  return {
    notes: [
      `${depth} blocks of two layers of ${width}, ${rowsOfTokens} rows. A result of one layer takes ${
        4 * width * rowsOfTokens / 1e6
      } MB.`,
    ],
    head: ["form", "peak MB over the compiled graph", "nodes that run"],
    rows,
  };
}

async function measureChain(isRecomputed: boolean): Promise<void> {
  const ort = await importPackage("onnxruntime");
  const builder = new GraphBuilder();
  const gradientOps = onnxGradientOps(builder);
  const tape = new Tape<OnnxValue>(gradientOps);
  const ops = tapedOps(tape, gradientOps, { recompute: isRecomputed });
  const input = { name: "x", shape: [rowsOfTokens, width] };
  const weights = Array.from({ length: depth }, (_, i) => ({
    name: `w_${i}`,
    shape: [width, width],
  }));
  const trained = weights.map((weight) => tape.weight(weight, true));
  let x = tape.variable(input);
  for (const w of trained) {
    const before = x;
    const part = () => {
      const hidden = ops.silu(ops.linear(before, w));
      return ops.add(before, ops.linear(hidden, w));
    };
    x = ops.block ? ops.block(part) : part();
  }
  const one = gradientOps.constant([], Float32Array.of(1));
  const gradients = tape.gradients(ops.mean(x), trained, one).map((x) => x!);
  const session = await ort.InferenceSession.create(
    await encodeOnnx(graphOf(builder, [input, ...weights], gradients)),
    { logSeverityLevel: 3, enableMemPattern: false },
  );
  const filled = (shape: readonly number[], value: number) =>
    new ort.Tensor(
      "float32",
      new Float32Array(sizeOf(shape)).fill(value),
      [...shape],
    );
  const feeds = Object.fromEntries([
    ["x", filled(input.shape, 0.1)],
    ...weights.map(({ name, shape }) => [name, filled(shape, 1e-3)]),
  ]);
  const before = process.memoryUsage.rss();
  await session.run(feeds);
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(((peak - before) / 1e6).toFixed(0), builder.nodes.length);
}

function graphOf(
  builder: GraphBuilder,
  inputs: readonly OnnxValue[],
  outputs: readonly OnnxValue[],
): OnnxGraph {
  const info = ({ name, shape }: OnnxValue) => ({
    name,
    type: "F32" as const,
    shape,
  });
  const named = outputs.map((output, i) => {
    const name = `output_${i}`;
    builder.nodes.push({
      type: "Identity",
      domain: "",
      inputs: [output.name],
      outputs: [name],
      attributes: {},
    });
    return info({ name, shape: output.shape });
  });
  const { nodes, initializers, unfolded } = builder;
  const used = new Set(nodes.flatMap((node) => node.inputs));
  return {
    name: "question",
    nodes,
    initializers: initializers.filter(({ name }) => used.has(name)),
    inputs: [
      ...inputs.map(info),
      ...initializers.filter(({ name }) => unfolded.has(name)),
    ],
    outputs: named,
  };
}

if (import.meta.main) await measureChain(Deno.args[0] === "recomputed");
