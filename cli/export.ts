import { checkOutputFolder } from "../lib/core/files/check_output.ts";
import { defineCommand } from "../lib/core/command/command.ts";
import { needed, text, toggle } from "../lib/core/command/option.ts";
import { warningPrinter } from "../lib/core/command/print_warnings.ts";
import { exportModel } from "../lib/export/export_model.ts";
import { loadModel } from "../lib/pipeline/load/load_model.ts";
import {
  guidanceOption,
  modelOptions,
  partsOf,
  seedOption,
  sizeOption,
  stepsOption,
} from "../lib/pipeline/options/command_options.ts";
import { fetchProgress } from "./fetch_progress.ts";
import { readScene } from "./read_scene.ts";

/** `deno task export`. */
export const command = defineCommand({
  about:
    `Writes the ONNX graphs of a model with their weights, its tokenizer, manifest.json, and
    index.html, which makes one picture in the browser. Serve the folder with any web server and
    open it.`,
  options: {
    output: needed(text("DIR", "a new folder", { short: "o" })),
    ...modelOptions,
    scene: text("FILE", "scene of the example", { otherwise: "two balls" }),
    size: sizeOption,
    seed: seedOption("seed of the example", { otherwise: "0" }),
    steps: stepsOption,
    guidance: guidanceOption,
    webgpu: toggle(
      "graphs in the form for WebGPU, on which the page then runs them",
    ),
    json: toggle("print the manifest"),
  },
  async main({ output, model: name, json, scene: file, ...values }) {
    const scene = file === undefined
      ? undefined
      : (await readScene(file)).scene.toJSON();
    const { size, seed, steps, guidance, webgpu } = values;
    await checkOutputFolder(output);
    const bar = fetchProgress();
    const { onProgress } = bar;
    await using model = await loadModel(name, {
      ...{ ...partsOf(values), backend: "onnx", onProgress },
    }).finally(() => bar.end());
    const manifest = await exportModel(model, output, {
      ...{ scene, size, seed, steps, guidance, webgpu },
    });
    warningPrinter()(model.warnings);
    console.log(json ? JSON.stringify(manifest, null, 1) : output);
    return 0;
  },
});
