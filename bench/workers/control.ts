/** One step of a UNet of Stable Diffusion 1.5's size with a ControlNet beside it, random weights. */

import { parseArgs } from "node:util";
import { controlGraph } from "../../lib/adapters/controlnet/control_graph.ts";
import { shapeResiduals } from "../../lib/adapters/controlnet/residuals.ts";
import { stableDiffusion15 } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import type { BackendName } from "../../lib/ops/backends.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { controlWeights, largeControlnet } from "../control_net.ts";
import { largeWeights } from "../large_models.ts";
import { randomInputs } from "../random_inputs.ts";
import { serve } from "./serve.ts";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "onnx" },
    threads: { type: "string", default: "2" },
  },
});
const { executor } = await openExecutor(values.backend as BackendName, {
  threads: Number(values.threads),
});
const unet = unetProgram(stableDiffusion15, {
  size: { height: 64, width: 64 },
  adapters: [controlGraph],
});
const residuals = largeControlnet.residuals();
const weights = await openSafetensors(largeWeights("unet"));
const control = await openSafetensors(controlWeights);
const denoiser = await executor.compile(unet, weights);
const network = await executor.compile(residuals, control, {
  inputsComeAgain: true,
});
const dims = { batch: 2, hints: 1, text_tokens: 77 };
const [given, read] = [randomInputs(unet, dims), randomInputs(residuals, dims)];
await serve(async () => {
  const made = await network.run({ ...read, sample: given.sample! });
  await denoiser.run({ ...given, ...shapeResiduals(made, { scale: 1 }) });
});
