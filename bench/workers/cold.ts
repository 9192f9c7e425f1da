/** A new process that ends where the first step of a picture begins, or with `--until end`, ends. */

import { parseArgs } from "node:util";
import type { Values } from "../../lib/ops/executor.ts";
import type { Tensor } from "../../lib/core/tensor.ts";
import { loadedModel, LocRef } from "../../lib/model/locref.ts";
import { scene } from "../../lib/scene/begin_scene.ts";
import { wholeModel } from "../whole_model.ts";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    until: { type: "string", default: "start" },
  },
});
const model = await LocRef.load(wholeModel, {
  backend: "onnx",
  threads: Number(values.threads),
});
const programs = loadedModel(model).runners;
const open = programs.open.bind(programs);
programs.open = () => {
  const runners = open();
  const compile = runners.unet.bind(runners);
  runners.unet = async (options) => {
    const unet = await compile(options);
    const run = async (inputs: Values<Tensor>): Promise<never> => {
      if (values.until === "end") await unet.run(inputs);
      return Deno.exit(0);
    };
    return { run, dispose: () => unet.dispose() };
  };
  return runners;
};
await scene(512, 512).caption("a basketball on a blue background").generate({
  model,
  steps: 50,
});
