/** A step of a UNet or a decoded picture on a backend, with random weights; `--tiny` with small models, `--centred true` with means taken off before norms. */

import { parseArgs } from "node:util";
import { openStableDiffusion } from "../../tools/open_stable_diffusion.ts";
import { stableDiffusion15 } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { textKeyValueProgram } from "../../lib/bases/sd/key_value_programs.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { vaeDecoderProgram } from "../../lib/encoders/vae_decoder.ts";
import type {
  Precision,
  Program,
  WeightSource,
} from "../../lib/ops/executor.ts";
import type { OnnxDevice } from "../../lib/ops/onnx/devices.ts";
import { onnxExecutor } from "../../lib/ops/onnx/executor.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import type { BackendName } from "../../lib/ops/backends.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { largeVae } from "../large_models.ts";
import { randomInputs } from "../random_inputs.ts";
import { writeRandomWeights } from "../random_weights.ts";
import { prepareSdxl, sdxlStep, sdxlWeights } from "../sdxl_unet.ts";
import { serve } from "../workers/serve.ts";

const { values } = parseArgs({
  options: {
    what: { type: "string", default: "step" },
    model: { type: "string", default: "sd15" },
    backend: { type: "string", default: "onnx" },
    precision: { type: "string", default: "float32" },
    side: { type: "string", default: "64" },
    batch: { type: "string", default: "2" },
    centred: { type: "string" }, // true or false, else as the backend does
    tiny: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
  },
});

const side = Number(values.side);
const size = { height: side, width: side };
const golden = "tests/goldens/sd-tiny";
const ofStep = values.what === "step";

/** The program with its weights, which are written where they are random numbers. */
async function chosen(): Promise<{ program: Program; weights: WeightSource }> {
  if (values.model === "sdxl") {
    await prepareSdxl(values.tiny);
    const weights = await openSafetensors(sdxlWeights(values.tiny));
    return { program: sdxlStep(values.tiny, side), weights };
  }
  if (values.tiny) {
    const { unet, vae } = await openStableDiffusion(golden);
    const { weights } = ofStep ? unet : vae;
    const program = ofStep
      ? unetProgram(unet.config, { size })
      : vaeDecoderProgram(vae.config, size);
    return { program, weights };
  }
  const program = ofStep
    ? unetProgram(stableDiffusion15, { size })
    : vaeDecoderProgram(largeVae, size);
  const file = `.cache/bench/${ofStep ? "unet" : "vae15"}.safetensors`;
  // a peer's UNet holds the text's keys and values too, which are made once a run here
  await writeRandomWeights(file, [
    program,
    ...(ofStep ? [textKeyValueProgram(stableDiffusion15)] : []),
  ]);
  return { program, weights: await openSafetensors(file) };
}

const { program, weights } = await chosen();
const precision = values.precision as Precision;
const { executor } = values.centred !== undefined
  ? {
    executor: await onnxExecutor({
      device: (values.backend.replace(/^onnx-?/, "") || "cpu") as OnnxDevice,
      ...{ precision, centred: values.centred === "true" },
    }),
  }
  : await openExecutor(values.backend as BackendName, { precision });
const runner = await executor.compile(program, weights);
const inputs = randomInputs(program, {
  batch: ofStep ? Number(values.batch) : 1,
  text_tokens: 77,
});

/** The root of the mean square of the result, equal on all backends but for the last digits. */
async function rms(): Promise<number> {
  const [result] = Object.values(await runner.run(inputs));
  let sum = 0;
  for (const value of result!.data) sum += value * value;
  return Math.sqrt(sum / result!.data.length);
}

await rms(); // compiles
await serve(async () => ({ rms: await rms() }));
