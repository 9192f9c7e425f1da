/** A picture of a whole model of Stable Diffusion 1.5's size, without references. */

import { parseArgs } from "node:util";
import type { SamplerName } from "../../lib/ddim/samplers.ts";
import { LocRef } from "../../lib/model/locref.ts";
import { scene } from "../../lib/scene/begin_scene.ts";
import { wholeModel } from "../whole_model.ts";
import { serve } from "./serve.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: wholeModel },
    /** Tiny VAE that decodes. */
    taesd: { type: "string" },
    side: { type: "string", default: "512" },
    steps: { type: "string", default: "50" },
    /** "own" is that of the model's files. */
    sampler: { type: "string", default: "ddim" },
    guidance: { type: "string", default: "7.5" },
    reuse: { type: "string" },
    int8: { type: "boolean", default: false },
    /** One picture, then the end. */
    once: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
  },
});
const side = Number(values.side);
const model = await LocRef.load(values.model, {
  taesd: values.taesd,
  backend: "onnx",
  threads: Number(values.threads),
  int8: values.int8,
});

let pictures = 0;

/** A picture of a caption of its own, since one that was encoded before costs nothing. */
async function picture(steps: number): Promise<void> {
  const caption = `a basketball on a blue background ${pictures++}`;
  await scene(side, side).caption(caption).generate(
    {
      model,
      size: { width: side, height: side },
      steps,
      sampler: values.sampler === "own"
        ? undefined
        : values.sampler as SamplerName,
      guidance: Number(values.guidance),
      decoder: values.taesd === undefined ? undefined : "taesd",
      deepEvery: values.reuse === undefined ? undefined : Number(values.reuse),
    },
  );
}

const steps = Number(values.steps);
if (values.once) {
  await picture(steps);
} else {
  await picture(2); // sessions are built and weights hashed
  await picture(1); // an encoder that is needed again stays
  await serve(() => picture(steps));
}
