/** A picture of the pocket model with two references, in a warm process. */

import { parseArgs } from "node:util";
import { LocRef } from "../../lib/model/locref.ts";
import type { GenerateOptions } from "../../lib/model/generate_options.ts";
import { benchScene } from "../bench_scene.ts";
import { serve } from "./serve.ts";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "50" },
    sampler: { type: "string", default: "ddim" },
    interval: { type: "string" },
    reuse: { type: "string" },
    int8: { type: "boolean", default: false },
    threads: { type: "string", default: "2" },
  },
});
const model = await LocRef.load("pocket", {
  backend: "onnx",
  threads: Number(values.threads),
  int8: values.int8,
});
const [from, to] = values.interval?.split(",").map(Number) ?? [];
const options: GenerateOptions = {
  model,
  steps: Number(values.steps),
  sampler: values.sampler as GenerateOptions["sampler"],
  guidanceInterval: from === undefined ? undefined : [from, to!],
  deepEvery: values.reuse === undefined ? undefined : Number(values.reuse),
};
await serve(async () => {
  await benchScene().generate(options);
});
