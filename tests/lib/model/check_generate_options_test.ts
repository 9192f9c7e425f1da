/** Mistakes in the names of options of `generate`. */

import { type Any, generate, holds, one } from "../../mistakes.ts";

holds("options of generate that do not exist", [
  [
    generate({ sead: 3 }),
    'Option "sead" of generate is not known, did you mean "seed"?',
  ],
  [
    generate({ Seed: 3 }),
    'Option "Seed" of generate is not known, did you mean "seed"?',
  ],
  [
    generate({ guidnace: 3 }),
    'Option "guidnace" of generate is not known, did you mean "guidance"?',
  ],
  [
    generate({ guidance_scale: 3 }),
    'Option "guidance_scale" of generate is called "guidance" here',
  ],
  [
    generate({ guidanceScale: 3 }),
    'Option "guidanceScale" of generate is called "guidance" here',
  ],
  [
    generate({ num_inference_steps: 3 }),
    'Option "num_inference_steps" of generate is called "steps" here',
  ],
  [
    generate({ numInferenceSteps: 3 }),
    'Option "numInferenceSteps" of generate is called "steps" here',
  ],
  [
    generate({ num_images_per_prompt: 3 }),
    'Option "num_images_per_prompt" of generate is called "n" here',
  ],
  [
    generate({ generator: 3 }),
    'Option "generator" of generate is called "seed" here',
  ],
  [
    generate({ width: 3, height: 3 }),
    'Option "width" of generate is called "size" here',
  ],
  [
    generate({ scheduler: "ddim" }),
    'Option "scheduler" of generate is called "sampler" here',
  ],
  [
    generate({ prompt: "a" }),
    'Option "prompt" of generate does not exist here, use scene.caption(text)',
  ],
  [
    generate({ timesteps: [999, 500] }),
    'Option "timesteps" of generate does not exist here, use sampler: { name, timesteps }',
  ],
  [
    generate({ loras: [] }),
    'Option "loras" of generate does not exist here, use LocRef.load(name, { loras }) and { model }',
  ],
  [
    generate({ negative_prompt: "a" }),
    'Option "negative_prompt" of generate does not exist here, use scene.negative(text)',
  ],
  [
    generate({ negativePrompt: "a" }),
    'Option "negativePrompt" of generate does not exist here, use scene.negative(text)',
  ],
  [
    generate({ ip_adapter_image: "a" }),
    'Option "ip_adapter_image" of generate does not exist here, use scene.place(reference, box)',
  ],
  [
    generate({ strength: 0.5 }),
    'Option "strength" of generate does not exist here, use scene.place(reference, box, { scale })',
  ],
  [
    generate({ fusion: { taau: 1 } }),
    'Option "taau" of fusion of generate is not known, did you mean "tau"?',
  ],
  [
    generate({ layout: { taau: 1 } }),
    'Option "taau" of layout of generate is not known, did you mean "tau"?',
  ],
  [
    generate({ fusion: { tau: 1 }, layout: { tau: 1 } }),
    "Options fusion and layout are one: layout is the old name, give fusion alone",
  ],
  [
    generate({ size: { widht: 64, height: 64 } }),
    'Option "widht" of size of generate is not known, did you mean "width"?',
  ],
  [
    generate({ until: { iuo: 1 } }),
    'Option "iuo" of until of generate is not known, did you mean "iou"?',
  ],
  [
    generate({ rulers: { dettector: 1 } }),
    'Option "dettector" of rulers of generate is not known, did you mean "detector"?',
  ],
  [
    () => one().steps({ sead: 3 } as Any).next(),
    'Option "sead" of steps is not known, did you mean "seed"?',
  ],
]);
