/** A new process that ends where the first step of a picture would begin. */

import { parseArgs } from "node:util";
import { LocRef } from "../../lib/pipeline/locref.ts";
import { scene } from "../../lib/scene/scene.ts";
import { wholeModel } from "../whole_model.ts";

const { values } = parseArgs({
  options: { threads: { type: "string", default: "2" } },
});
const model = await LocRef.load(wholeModel, {
  backend: "onnx",
  threads: Number(values.threads),
});
const compile = model.runners.unet.bind(model.runners);
model.runners.unet = async (options) => ({
  ...await compile(options),
  run: () => Deno.exit(0),
});
await scene(512, 512).caption("a basketball on a blue background").generate({
  model,
  steps: 50,
});
