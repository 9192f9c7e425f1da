/**
 * How far an exported model's picture on a GPU is from the CPU's, in the forms that its graphs may have:
 *
 *     deno run -A bench/gpu/exported_forms.ts --steps 4 --attention plain --one-epsilon
 *
 * Without options the graphs are as `export` writes them. A process runs one form, since the
 * provider of WebGPU keeps the first epsilon that it was given.
 */

import { parseArgs } from "node:util";
import { join } from "node:path";
import type * as onnxruntime from "onnxruntime-node";
import { graphsOf } from "../../lib/adapters/adapter_programs.ts";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import { exportModel } from "../../lib/export/export_model.ts";
import type { AttentionForm } from "../../lib/ops/onnx/attention.ts";
import { deviceSettings, type OnnxDevice } from "../../lib/ops/onnx/devices.ts";
import { withGraphFolder } from "../../lib/ops/onnx/folder.ts";
import {
  writeProgram,
  type WriteProgramOptions,
} from "../../lib/ops/onnx/program.ts";
import { encodeOnnx } from "../../lib/ops/onnx/proto.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import { modelPrograms } from "../../lib/pipeline/load/model_programs.ts";
import { latentSize } from "../../lib/pipeline/prepare/render_size.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";

const { values } = parseArgs({
  options: {
    device: { type: "string", default: "webgpu" },
    steps: { type: "string", default: "4" },
    attention: { type: "string", default: "fused" },
    centred: { type: "boolean", default: false },
    "one-epsilon": { type: "boolean", default: false },
    fours: { type: "boolean", default: false },
  },
});
const form: WriteProgramOptions = {
  attention: values.attention as AttentionForm,
  centred: values.centred,
  oneEpsilon: values["one-epsilon"],
  fours: values.fours,
};
const ort = await importPackage("onnxruntime");
const folder = await Deno.makeTempDir({ dir: ".cache" });
await using model = await loadModel("pocket", { backend: "onnx" });
const { example, size } = await exportModel(model, join(folder, "web"), {
  steps: Number(values.steps),
});
const stored = await openSafetensors(join(folder, "web", example.file));

type Feeds = Record<string, onnxruntime.Tensor>;
/** A program in the chosen form: its first output. */
type Run = (feeds: Feeds) => Promise<Float32Array>;

async function opened(name: string, device: OnnxDevice): Promise<Run> {
  const { parts } = model;
  const adapters = graphsOf(parts.adapters, { captions: false });
  const all = modelPrograms(parts, {
    ...{ size: latentSize(model, size), adapters, captions: false },
  });
  const one = all.find((program) => program.name === name)!;
  const { graph, files } = await writeProgram(one.program(), one.weights, form);
  const session = await withGraphFolder(
    await encodeOnnx(graph),
    files,
    (path) => ort.InferenceSession.create(path, deviceSettings(device)),
  );
  return async (feeds) => {
    const names = session.inputNames;
    const used = Object.fromEntries(names.map((one) => [one, feeds[one]!]));
    return Object.values(await session.run(used))[0]!.data as Float32Array;
  };
}

const read = async (name: string) =>
  new ort.Tensor("float32", await stored.read(name), [
    ...stored.info(name)!.shape,
  ]);

/** The picture as the exported page makes it, its values from −1 to 1, and the first prediction. */
async function picture(device: OnnxDevice) {
  const unet = await opened("unet", device);
  const decoder = await opened("vae_decoder", device);
  const fixed: Feeds = {};
  for (const name of stored.names()) {
    if (!name.startsWith("time.")) fixed[name] = await read(name);
  }
  const { dims, data } = fixed.noise!;
  let x = data as Float32Array, first: Float32Array | undefined;
  for (const [i, [a, b]] of example.steps.entries()) {
    const sample = new ort.Tensor("float32", Float32Array.of(...x, ...x), [
      ...[2, ...dims.slice(1)],
    ]);
    const e = await unet({ ...fixed, time: await read(`time.${i}`), sample });
    first ??= e;
    x = x.map((value, j) =>
      a * value + b * (e[j]! + example.guidance * (e[x.length + j]! - e[j]!))
    );
  }
  const latent = x.map((value) => value / example.latentScale);
  const shown = await decoder({
    latent: new ort.Tensor("float32", latent, dims),
  });
  return { first: first!, shown };
}

/** Mean difference in 1/255. */
function inColours(a: Float32Array, b: Float32Array): number {
  const colour = (value: number) =>
    Math.round(Math.min(255, Math.max(0, 127.5 * value + 127.5)));
  const sum = a.reduce(
    (total, value, i) => total + Math.abs(colour(value) - colour(b[i]!)),
    0,
  );
  return sum / a.length;
}

const cpu = await picture("cpu");
const device = await picture(values.device as OnnxDevice);
const largest = Math.max(...cpu.first.map(Math.abs));
const error = Math.max(
  ...cpu.first.map((value, i) => Math.abs(value - device.first[i]!)),
);
console.log(
  `${JSON.stringify(form)}: the first prediction differs by ${
    (error / largest).toExponential(1)
  } of the largest value, the picture of ${example.steps.length} steps by ${
    inColours(device.shown, cpu.shown).toFixed(2)
  } of 255`,
);
await Deno.remove(folder, { recursive: true });
