import { checkOutputFolder } from "../lib/core/check_output.ts";
import { exportModel } from "../lib/export/export_model.ts";
import { loadModel } from "../lib/pipeline/load/load_model.ts";
import { fetchProgress } from "./fetch_progress.ts";
import { warningPrinter } from "../lib/core/print_warnings.ts";
import { readScene } from "./read_scene.ts";
import { parseArgs } from "../lib/core/parse_args.ts";
import {
  guidanceLimits,
  numberFlag,
  seedLimits,
  sizeFlag,
  stepsLimits,
  UsageError,
} from "../lib/core/usage.ts";

/** The command's help. */
export const help: string = `
Usage: deno task export --model M -o DIR [OPTION…]

Writes the ONNX graphs of a model with their weights, its tokenizer, manifest.json, and index.html,
which makes one picture in the browser. Serve DIR with any web server and open it.

  -o, --output DIR   a new folder
  --model            pocket, a folder, or a hub id org/repo[@revision] [pocket]
  --base             folder or hub id of the Stable Diffusion model
  --adapter          adapter file: a path or org/repo/file.safetensors
  --image-encoder    folder or org/repo/folder of the CLIP image encoder
  --variant          variant of the weight files, such as fp16
  --scene FILE       scene of the example [two balls]
  --size             WIDTHxHEIGHT in pixels, which the graphs are made for [the model's own]
  --seed, --steps, --guidance   of the example [0, the model's own]
  --json             print the manifest
`;

const flags = {
  output: { type: "string", short: "o" },
  model: { type: "string", default: "pocket" },
  base: { type: "string" },
  adapter: { type: "string" },
  "image-encoder": { type: "string" },
  variant: { type: "string" },
  scene: { type: "string" },
  size: { type: "string" },
  seed: { type: "string" },
  steps: { type: "string" },
  guidance: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

/** Runs the command and answers its exit code. */
export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: flags,
  });
  if (positionals.length > 0) {
    throw new UsageError(`No argument is expected, got "${positionals[0]}"`);
  }
  const { output } = values;
  if (output === undefined) throw new UsageError("Option -o DIR is expected");
  const scene = values.scene === undefined
    ? undefined
    : (await readScene(values.scene)).toJSON();
  const options = {
    scene,
    size: sizeFlag("size", values.size),
    seed: numberFlag("seed", values.seed, seedLimits),
    steps: numberFlag("steps", values.steps, stepsLimits),
    guidance: numberFlag("guidance", values.guidance, guidanceLimits),
  };
  await checkOutputFolder(output);
  const bar = fetchProgress();
  await using model = await loadModel(values.model, {
    base: values.base,
    adapter: values.adapter,
    imageEncoder: values["image-encoder"],
    variant: values.variant,
    backend: "onnx",
    onProgress: bar.onProgress,
  }).finally(() => bar.end());
  const manifest = await exportModel(model, output, options);
  warningPrinter()(model.warnings);
  if (values.json) console.log(JSON.stringify(manifest, null, 1));
  else console.log(output);
  return 0;
}
