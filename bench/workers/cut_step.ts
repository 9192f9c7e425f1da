/**
 * A training step's graph as one and as two that run one after the other: MODEL (pocket or adapter),
 * BATCH, SHARE of the gradients that the first of two makes, ROUNDS. One thread, processor seconds.
 */

import process from "node:process";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import { sizeOf, type Tensor } from "../../lib/core/tensor.ts";
import { withGraphFolder } from "../../lib/ops/onnx/folder.ts";
import { writeGradientProgram } from "../../lib/ops/onnx/gradients/gradient_program.ts";
import { graphNames } from "../../lib/ops/onnx/gradients/graph_names.ts";
import { encodeOnnx, type OnnxGraph } from "../../lib/ops/onnx/proto.ts";
import { sessionSettings, winogradFrom } from "../../lib/ops/onnx/session.ts";
import { denoisingProgram } from "../../train/locref/denoising_loss.ts";
import { cutGraph, earlyOutputs } from "../reports/cut_graph.ts";
import { adapterCase } from "./adapter_step.ts";
import { pocketCase } from "./pocket_step.ts";
import { randomBatch } from "./training_step.ts";

const [model, ...numbers] = Deno.args;
const [samples, share, rounds] = numbers.map(Number) as [
  number,
  number,
  number,
];
const ort = await importPackage("onnxruntime");
type OrtTensor = InstanceType<typeof ort.Tensor>;
type Named = Record<string, OrtTensor>;

const { shape, inputs, weights: { trainable, frozen } } = model === "pocket"
  ? await pocketCase("models/pocket", samples)
  : await adapterCase({ batch: samples });
const program = denoisingProgram(shape, {
  width: inputs.side,
  height: inputs.side,
});
const batch = randomBatch(shape, inputs);
const names = Object.keys(program.inputs);
const { graph, files } = await writeGradientProgram(program, {
  shapes: Object.fromEntries(names.map((name) => [name, batch[name]!.shape])),
  trained: new Map([...trainable].map(([name, { shape }]) => [name, shape])),
  frozen,
  winogradFrom: winogradFrom(),
});

function tensorOf(shape: readonly number[], data: Tensor["data"]): OrtTensor {
  const type = data instanceof Int32Array ? "int32" : "float32";
  return new ort.Tensor(type, data as Float32Array, [...shape]);
}

const feeds: Named = {
  [graphNames.share]: tensorOf([], Float32Array.of(1)),
  ...Object.fromEntries(names.map((name) => {
    const { shape, data } = batch[name]!;
    return [graphNames.batch(name), tensorOf(shape, data)];
  })),
  ...Object.fromEntries(
    [...trainable].map(([name, { shape, data }]) => [
      graphNames.weight(name),
      tensorOf(shape, data),
    ]),
  ),
};

/** A compiled graph whose outputs are written where they lie. */
async function compile(part: OnnxGraph) {
  const settings = sessionSettings(part, { threads: 1 });
  const session = await withGraphFolder(
    await encodeOnnx(part),
    files,
    (path) => ort.InferenceSession.create(path, settings),
  );
  const outputs: Named = Object.fromEntries(part.outputs.map((output) => {
    const shape = output.shape as number[];
    return [output.name, tensorOf(shape, new Float32Array(sizeOf(shape)))];
  }));
  const run = async (given: Named) => {
    const before = process.cpuUsage();
    const handed = await session.run(
      Object.fromEntries(
        session.inputNames.map((name) => [name, given[name]!]),
      ),
      {
        ...outputs,
        ...Object.fromEntries((part.watched ?? []).map((name) => [name, null])),
      },
    );
    const { user, system } = process.cpuUsage(before);
    return { handed, seconds: (user + system) / 1e6 };
  };
  return { outputs, run };
}

const early = earlyOutputs(graph, share);
const cut = cutGraph(graph, early);
const first = await compile(cut.first);
const { handed } = await first.run(feeds);
const second = await compile(cut.second((name) => handed[name]!.dims));
const whole = await compile(graph);
const times = { whole: Infinity, first: Infinity, second: Infinity };
for (let i = 0; i <= rounds; i++) {
  const all = await whole.run(feeds);
  const upper = await first.run(feeds);
  const lower = await second.run({ ...feeds, ...upper.handed });
  if (i === 0) continue;
  times.whole = Math.min(times.whole, all.seconds);
  times.first = Math.min(times.first, upper.seconds);
  times.second = Math.min(times.second, lower.seconds);
}
const bytesOf = (values: readonly OrtTensor[]) =>
  4 * values.reduce((sum, { dims }) => sum + sizeOf(dims), 0);
const both = { ...first.outputs, ...second.outputs };
const unequal = Object.entries(whole.outputs).filter(([name, { data }]) => {
  const other = both[name]!.data as Float32Array;
  return (data as Float32Array).some((value, i) => value !== other[i]);
});
console.log(JSON.stringify({
  ...times,
  bytes: bytesOf(Object.values(whole.outputs)),
  early: bytesOf(Object.values(first.outputs)),
  handed: bytesOf(cut.first.watched!.map((name) => handed[name]!)),
  unequal: unequal.length,
}));
Deno.exit(0);
