/**
 * Names the operators of a golden case whose numbers a GPU computes otherwise than the CPU:
 *
 *     deno run -A bench/gpu/first_difference.ts sdxl.unet --backend onnx-cuda
 *
 * First the error of each program in several forms, then that of every operator's result, where all
 * are outputs of one graph, and how far it is above the errors of what the operator read. With
 * `--attention plain` and `--centred`, the graph is the one that `onnx-webgpu` takes on a device
 * whose fused attention is wrong.
 */

import { parseArgs } from "node:util";
import type * as onnxruntime from "onnxruntime-node";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import type { AttentionForm } from "../../lib/ops/onnx/attention.ts";
import type { BackendName } from "../../lib/ops/backends.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import { withGraphFolder } from "../../lib/ops/onnx/folder.ts";
import { deviceSettings, type OnnxDevice } from "../../lib/ops/onnx/devices.ts";
import { writeProgram } from "../../lib/ops/onnx/program.ts";
import { encodeOnnx, type OnnxGraph } from "../../lib/ops/onnx/proto.ts";
import { type RecordedProgram, recordedPrograms } from "./recorded_programs.ts";

type SessionOptions = onnxruntime.InferenceSession.SessionOptions;
type Numbers = ReadonlyMap<string, Float32Array>;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: "string", default: "onnx-cuda" },
    folder: { type: "string", default: "tests/goldens" },
    from: { type: "string", default: "1e-5" },
    above: { type: "string", default: "4" }, // times the largest error of what an operator read
    attention: { type: "string", default: "fused" },
    centred: { type: "boolean", default: false },
  },
});
const device = (values.backend.replace(/^onnx-?/, "") || "cpu") as OnnxDevice;
const own = {
  attention: values.attention as AttentionForm,
  centred: values.centred,
};
const ort = await importPackage("onnxruntime");

/** The results of a graph that are float32, by name. */
async function results(
  graph: OnnxGraph,
  files: ReadonlyMap<string, string>,
  { inputs, settings }: Pick<RecordedProgram, "inputs"> & {
    readonly settings: SessionOptions;
  },
): Promise<Numbers> {
  const session = await withGraphFolder(
    await encodeOnnx(graph),
    files,
    (path) => ort.InferenceSession.create(path, settings),
  );
  try {
    const feeds = Object.fromEntries(
      session.inputNames.map((name) => {
        const { data, shape } = inputs[name]!;
        const type = data instanceof Int32Array ? "int32" : "float32";
        return [name, new ort.Tensor(type, data as Float32Array, shape)];
      }),
    );
    const found = await session.run(feeds);
    return new Map(
      Object.entries(found).flatMap(([name, { type, data }]) =>
        type === "float32" ? [[name, data as Float32Array]] : []
      ),
    );
  } finally {
    await session.release();
  }
}

/** Largest difference, relative to the largest expected value. */
function error(actual: Float32Array, expected: Float32Array): number {
  let largest = 0, difference = 0;
  for (const [i, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value));
    difference = Math.max(difference, Math.abs(actual[i]! - value));
  }
  return difference === 0 ? 0 : difference / largest;
}

function worst(actual: Numbers, expected: Numbers): number {
  return Math.max(
    0,
    ...[...expected].map(([name, x]) => error(actual.get(name)!, x)),
  );
}

const onDevice = deviceSettings(device), onCpu = deviceSettings("cpu");

/** A form of a program. */
interface Form {
  readonly name: string;
  readonly attention?: AttentionForm;
  readonly centred?: boolean;
  readonly settings: SessionOptions;
}

/** Forms in which a program runs on the device, whose errors tell where to look. */
const forms: readonly Form[] = [
  { name: "as it is", settings: onDevice },
  {
    ...{ name: "attention in products", attention: "plain" },
    settings: onDevice,
  },
  {
    ...{ name: "attention in products, means off before norms" },
    ...{ attention: "plain", centred: true, settings: onDevice },
  },
  {
    name: "operators as written down",
    settings: { ...onDevice, graphOptimizationLevel: "disabled" },
  },
  {
    name: "operators joined by basic rules",
    settings: { ...onDevice, graphOptimizationLevel: "basic" },
  },
];

async function compareForms(one: RecordedProgram) {
  for (const form of forms) {
    const found = await errorOf(one, form).then(
      (error) => error.toExponential(1),
      (error: Error) => error.message,
    );
    console.log(`  ${form.name}: ${found}`);
  }
}

/** The largest error of a program in a form. */
async function errorOf(
  { program, weights, inputs }: RecordedProgram,
  { settings, ...form }: Form,
): Promise<number> {
  const { graph, files } = await writeProgram(program, weights, {
    ...own,
    ...form,
  });
  const expected = await results(graph, files, { inputs, settings: onCpu });
  return worst(await results(graph, files, { inputs, settings }), expected);
}

/** Prints the operators whose results differ, in their order. */
async function compareNodes({ program, weights, inputs }: RecordedProgram) {
  const { graph, files } = await writeProgram(program, weights, own);
  const own_ = new Set(graph.outputs.map(({ name }) => name));
  const watched = graph.nodes.flatMap(({ outputs }) => outputs)
    .filter((name) => name !== "" && !own_.has(name));
  const all = { ...graph, watched };
  const expected = await results(all, files, { inputs, settings: onCpu });
  const actual = await results(all, files, { inputs, settings: onDevice });
  const errors = new Map(
    [...expected].map(([name, x]) => [name, error(actual.get(name)!, x)]),
  );
  let printed = 0;
  for (const { type, inputs, outputs, attributes } of graph.nodes) {
    const own = Math.max(0, ...outputs.map((name) => errors.get(name) ?? 0));
    const read = Math.max(0, ...inputs.map((name) => errors.get(name) ?? 0));
    if (
      own < Number(values.from) || own < Number(values.above) * read ||
      printed++ >= 12
    ) {
      continue;
    }
    const size_ = expected.get(outputs[0]!)!;
    console.log(
      `  ${type} ${outputs[0]} of ${size_.length} values: ${
        own.toExponential(1)
      }, what it read ${read.toExponential(1)}; reads ${inputs.join(", ")}; ` +
        JSON.stringify(attributes),
    );
  }
  const most = Math.max(0, ...errors.values());
  console.log(
    `  ${errors.size} results, the largest error ${most.toExponential(1)}`,
  );
}

// loads what the device needs, and fails where it is missing
await (await openExecutor(values.backend as BackendName)).executor.dispose();
for (const name of positionals) {
  for (const one of await recordedPrograms(values.folder, name)) {
    console.log(`${name}: ${one.program.name}`);
    await compareForms(one);
    await compareNodes(one).catch((error) => console.log(`  ${error.message}`));
  }
}
