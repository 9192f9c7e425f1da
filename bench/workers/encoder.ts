/** One encoder, or the VAE's decoder, of Stable Diffusion 1.5's size on the onnx executor. */

import { parseArgs } from "node:util";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { type LargePart, largeProgram, largeWeights } from "../large_models.ts";
import { randomInputs } from "../random_inputs.ts";
import { serve } from "./serve.ts";

const { values } = parseArgs({
  options: {
    part: { type: "string", default: "vae" },
    threads: { type: "string", default: "2" },
  },
});
const part = values.part as LargePart;
const program = largeProgram(part);
const { executor } = await openExecutor("onnx", {
  threads: Number(values.threads),
});
const weights = await openSafetensors(largeWeights(part));
const runner = await executor.compile(program, weights);
const inputs = randomInputs(program, { batch: part === "clip-text" ? 2 : 1 });
await serve(async () => {
  await runner.run(inputs);
});
