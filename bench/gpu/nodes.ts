/**
 * The nodes that onnxruntime runs in one step of a UNet on a device, by operator, with their times:
 *
 *     deno run -A bench/gpu/nodes.ts --backend onnx-webgpu --precision float16 --attention plain
 *
 * The model is a narrow one of SD 1.5's form, or with `--model sdxl` of SDXL's, whose nodes are those
 * of the large ones. On a device that computes later, as WebGPU does, a node's time says little.
 */

import { parseArgs } from "node:util";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import type {
  Precision,
  Program,
  WeightSource,
} from "../../lib/ops/executor.ts";
import type { AttentionForm } from "../../lib/ops/onnx/attention.ts";
import type { OnnxDevice } from "../../lib/ops/onnx/devices.ts";
import { withGraphFolder } from "../../lib/ops/onnx/folder.ts";
import { HostInputs, inputTypes } from "../../lib/ops/onnx/host_inputs.ts";
import { writeProgram } from "../../lib/ops/onnx/program.ts";
import { encodeOnnx } from "../../lib/ops/onnx/proto.ts";
import { graphForm, sessionSettings } from "../../lib/ops/onnx/session.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { openStableDiffusion } from "../../tools/open_stable_diffusion.ts";
import { randomInputs } from "../random_inputs.ts";
import { prepareSdxl, sdxlStep, sdxlWeights } from "../sdxl_unet.ts";
import { timesByOperator } from "./profile.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "sd15" },
    backend: { type: "string", default: "onnx-webgpu" },
    precision: { type: "string", default: "float32" },
    attention: { type: "string", default: "fused" },
    side: { type: "string", default: "16" },
  },
});
const device = (values.backend.replace(/^onnx-?/, "") || "cpu") as OnnxDevice;
const side = Number(values.side);

async function chosen(): Promise<{ program: Program; weights: WeightSource }> {
  if (values.model === "sdxl") {
    await prepareSdxl(true);
    const weights = await openSafetensors(sdxlWeights(true));
    return { program: sdxlStep(true, side), weights };
  }
  const { unet } = await openStableDiffusion("tests/goldens/sd-tiny");
  const size = { height: side, width: side };
  return { program: unetProgram(unet.config, { size }), weights: unet.weights };
}

const { program, weights } = await chosen();
const { graph, files } = await writeProgram(program, weights, {
  ...graphForm({
    device,
    precision: values.precision as Precision,
    attention: values.attention as AttentionForm,
  }),
});
const ort = await importPackage("onnxruntime");
const folder = await Deno.makeTempDir();
const session = await withGraphFolder(
  await encodeOnnx(graph),
  files,
  (path) =>
    ort.InferenceSession.create(path, {
      ...sessionSettings(graph, { device }),
      enableProfiling: true,
      profileFilePrefix: `${folder}/nodes`,
    }),
);
const inputs = randomInputs(program, { batch: 2, text_tokens: 77 });
const types = inputTypes(session), host = new HostInputs(ort);
const feeds = Object.fromEntries(session.inputNames.map((name) => [
  name,
  host.tensor(inputs[name]!, types.get(name)!),
]));
for (let run = 0; run < 2; run++) await session.run(feeds); // the first one compiles
session.endProfiling();
await session.release();
console.log(`${graph.nodes.length} nodes written`);
console.log((await timesByOperator(folder)).join("\n"));
await Deno.remove(folder, { recursive: true });
