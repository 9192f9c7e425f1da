/** One step of a UNet of SDXL's size with random weights, on the onnx executor. */

import { parseArgs } from "node:util";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { randomInputs } from "../random_inputs.ts";
import { sdxlStep, sdxlWeights } from "../sdxl_unet.ts";
import { serve } from "./serve.ts";

const { values } = parseArgs({
  options: {
    side: { type: "string", default: "64" },
    batch: { type: "string", default: "1" },
    tiny: { type: "boolean", default: false },
    half: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
  },
});
const program = sdxlStep(values.tiny, Number(values.side));
const { executor } = await openExecutor("onnx", {
  threads: Number(values.threads),
});
const weights = await openSafetensors(sdxlWeights(values.tiny, values.half));
const runner = await executor.compile(program, weights);
const inputs = randomInputs(program, {
  batch: Number(values.batch),
  text_tokens: 77,
});
await serve(async () => {
  await runner.run(inputs);
});
