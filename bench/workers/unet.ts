/** One step of a UNet of Stable Diffusion 1.5's size with random weights, on the onnx executor. */

import { parseArgs } from "node:util";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import type { BackendName } from "../../lib/ops/backends.ts";
import { stableDiffusion15 } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { locrefGraph } from "../../lib/adapters/locref/locref_graph.ts";
import { weightsWith } from "../../lib/bases/adapter_inputs.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { randomInputs } from "../random_inputs.ts";
import { openSystem, type SystemName } from "../systems.ts";
import { serve } from "./serve.ts";

const { values } = parseArgs({
  options: {
    weights: { type: "string", default: ".cache/bench/unet.safetensors" },
    backend: { type: "string", default: "onnx" },
    side: { type: "string", default: "64" },
    batch: { type: "string", default: "2" },
    /** −1 leaves Layout-net out of the graph. */
    instances: { type: "string", default: "-1" },
    /** gligen, migc or ms-diffusion, for as many objects as instances. */
    system: { type: "string" },
    int8: { type: "boolean", default: false },
    deep: { type: "string" },
    threads: { type: "string", default: "2" },
  },
});
const side = Number(values.side), instances = Number(values.instances);
const system = values.system as SystemName | undefined;
const adapters = system !== undefined
  ? [await openSystem(system)]
  : instances >= 0
  ? [locrefGraph()]
  : [];
const program = unetProgram(stableDiffusion15, {
  size: { height: side, width: side },
  adapters,
  deep: values.deep as "keep" | "reuse" | undefined,
});
const { executor } = await openExecutor(values.backend as BackendName, {
  threads: Number(values.threads),
  int8: values.int8,
});
const weights = await openSafetensors(values.weights);
const runner = await executor.compile(program, weightsWith(weights, adapters));
const inputs = randomInputs(program, {
  batch: Number(values.batch),
  text_tokens: 77,
  ci_tokens: 16,
  ri_tokens: 16,
  instances: Math.max(1, instances),
  captions: instances + 1,
  caption_tokens: 77,
  phases: instances + 3,
  ms_tokens: 16 * (instances + 1),
});
await serve(async () => {
  await runner.run(inputs);
});
