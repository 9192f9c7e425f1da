/** A picture of a whole model of Stable Diffusion 1.5's size, without references. */

import { parseArgs } from "node:util";
import type { SamplerName } from "../../lib/ddim/samplers.ts";
import { LocRef } from "../../lib/model/locref.ts";
import { scene } from "../../lib/scene/begin_scene.ts";
import { wholeModel } from "../whole_model.ts";
import { serve } from "./serve.ts";

const { values } = parseArgs({
  options: {
    side: { type: "string", default: "512" },
    steps: { type: "string", default: "50" },
    sampler: { type: "string", default: "ddim" },
    reuse: { type: "string" },
    int8: { type: "boolean", default: false },
    /** One picture, then the end. */
    once: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
  },
});
const side = Number(values.side);
const model = await LocRef.load(wholeModel, {
  backend: "onnx",
  threads: Number(values.threads),
  int8: values.int8,
});

async function picture(steps: number): Promise<void> {
  await scene(side, side).caption("a basketball on a blue background").generate(
    {
      model,
      size: { width: side, height: side },
      steps,
      sampler: values.sampler as SamplerName,
      deepEvery: values.reuse === undefined ? undefined : Number(values.reuse),
    },
  );
}

const steps = Number(values.steps);
if (values.once) {
  await picture(steps);
} else {
  await picture(2); // sessions are built and weights hashed
  await serve(() => picture(steps));
}
