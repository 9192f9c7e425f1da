import { extname } from "node:path";
import { checkOutputFile } from "../lib/core/files/check_output.ts";
import { formatOfPath } from "../lib/images/encode.ts";
import { meantPrecision, precisions } from "../lib/ops/gpu/precision.ts";
import { drawSeed } from "../lib/pipeline/draw_seed.ts";
import type { GenerateOptions } from "../lib/model/generate_options.ts";
import { LocRef } from "../lib/model/locref.ts";
import type { SaveOptions } from "../lib/pipeline/picture.ts";
import { editFlags, editsOfFlags } from "./edit_flags.ts";
import { fetchProgress } from "./fetch_progress.ts";
import { warningPrinter } from "../lib/core/command/print_warnings.ts";
import {
  argument,
  choice,
  needed,
  option,
  text,
  toggle,
  type Values,
  whole,
} from "../lib/core/command/option.ts";
import { defineCommand } from "../lib/core/command/command.ts";
import {
  backendOption,
  guidanceOption,
  modelOptions,
  partsOf,
  seedOrRandomOption,
  sizeOption,
  stepsOption,
} from "../lib/pipeline/options/command_options.ts";
import { refuseMaskless } from "../lib/pipeline/load/refuse_maskless.ts";
import { isInpainting } from "../lib/scene_data/init_data.ts";
import { withoutUndefined } from "../lib/core/without_undefined.ts";
import { paintedScene } from "./painted_scene.ts";
import { readScene, rootOptions } from "./read_scene.ts";
import { savedModel } from "./saved_model.ts";
import { withProgress } from "./step_progress.ts";
import {
  conditionFlags,
  conditionsOfFlags,
} from "../lib/pipeline/options/condition_flags.ts";
import {
  steeringFlags,
  steeringOfFlags,
} from "../lib/pipeline/options/steering_flags.ts";
import { recipeNames } from "../lib/pipeline/options/recipes.ts";
import { methodOption } from "../lib/pipeline/options/method_flags.ts";
import { samplerOption } from "../lib/pipeline/options/sampler_option.ts";

const several = { min: 1, max: 1000, default: 1 };

const options = {
  scene: needed(argument(
    "SCENE.json",
    "a scene, or a PNG file that generate wrote (made again)",
  )),
  output: text("FILE", "picture to write (.png, .webp, .jpg)", {
    ...{ short: "o", default: "out.png" },
  }),
  ...modelOptions,
  model: text(
    "MODEL",
    "pocket, a folder, a .safetensors file, or a hub id org/repo[@revision]",
    { otherwise: "pocket; of a PNG file its own, where it is on this machine" },
  ),
  matting: text("MODEL", 'matting model for instances with "cutout": "model"'),
  backend: backendOption,
  seed: seedOrRandomOption,
  recipe: choice(
    recipeNames,
    "sampler, steps and guidance of a distilled model",
    { value: "NAME", otherwise: "none" },
  ),
  steps: stepsOption,
  guidance: guidanceOption,
  sampler: samplerOption,
  method: methodOption,
  guidanceInterval: option(
    {
      must: "FROM,TO between 0 and 1, the smaller first",
      parse: parseInterval,
    },
    "part of the steps under guidance",
    { value: "FROM,TO", otherwise: "0,1" },
  ),
  deepEvery: whole("run the whole UNet in every n-th step only", {
    ...{ min: 1, max: 1000, otherwise: "1" },
  }),
  int8: toggle("use matrix products with weights of eight bits (onnx)"),
  precision: choice(
    precisions,
    "what models compute in; float16 on GPUs of onnxruntime only",
    { default: "float32", meant: meantPrecision },
  ),
  size: sizeOption,
  ...conditionFlags,
  ...steeringFlags,
  ...editFlags,
  decoder: choice(
    ["vae", "taesd"] as const,
    "decoder of the picture: the model's VAE, or the one of --taesd",
    { value: "NAME", otherwise: "vae" },
  ),
  tiles: toggle("decode in tiles, in less memory"),
  count: whole("number of pictures, with seeds that follow each other", {
    ...{ ...several, former: "n" },
  }),
  bestOf: whole("make so many pictures and keep the one that scores best", {
    ...several,
  }),
  provenance: choice(
    ["full", "portable", "none"],
    "how much a PNG file holds of how it was made; portable leaves out paths of this machine",
    { value: "HOW", default: "portable" },
  ),
  scale: whole("how many times as wide and high the file's picture is", {
    ...{ min: 1, max: 16, default: 1 },
  }),
  enlarge: choice(
    ["lanczos", "nearest"],
    "how --scale enlarges: smoothly, or each pixel as a square",
    { value: "HOW", otherwise: "lanczos" },
  ),
  ...rootOptions,
  json: toggle("print files, seeds, times and warnings as JSON"),
};

/** One picture, as `--json` prints it. */
interface Made {
  readonly output: string;
  readonly seed: number;
  readonly seconds: number;
  readonly warnings: readonly string[];
}

/** `deno task generate`. */
export const command = defineCommand({
  about:
    "Makes a picture of a scene: a caption, and references with their boxes.",
  options,
  async main(values) {
    const { count, bestOf, json } = values;
    const options = drawSeed(runOptions(values));
    formatOfPath(values.output);
    const outputOf = (i: number) =>
      count === 1 ? values.output : numbered(values.output, i + 1);
    for (let i = 0; i < Math.min(count, 100); i++) {
      await checkOutputFile(outputOf(i));
    }
    const found = await readScene(values.scene, values);
    const { scene, options: saved, seed: next } = await paintedScene(
      found,
      values,
    );
    const { init } = scene.toJSON();
    const paints = values.inpaint !== undefined ||
      init !== undefined && isInpainting(init);
    await using model = await loadModel(values, paints);
    const warn = warningPrinter();
    const made: Made[] = [];
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      const seed = seedOf(i, { first: options.seed ?? next, count });
      const own = {
        ...saved,
        ...options,
        ...(seed !== undefined && { seed }),
      };
      const picture = bestOf > 1
        ? await scene.generate({ ...own, model, n: bestOf, keep: "best" })
        : await withProgress(scene, { ...own, model });
      const output = outputOf(i);
      await picture.save(output, saveOptions(values));
      const seconds = (performance.now() - start) / 1000;
      const { provenance: { seed: used }, warnings } = picture;
      made.push({ output, seed: used, seconds, warnings });
      if (!json) console.log(output);
      if (values.seed === "random") console.error(`Seed ${used}: ${output}`);
      warn(warnings);
    }
    if (json) {
      const backend = model.backend.name;
      console.log(JSON.stringify(made.map((one) => ({ ...one, backend }))));
    }
    return 0;
  },
});

/** Seed of the picture of an index; `undefined` where it is the scene's or the default. */
function seedOf(
  index: number,
  { first, count }: { first?: number; count: number },
): number | undefined {
  if (first !== undefined) return first + index;
  return count > 1 ? index : undefined;
}

/** How files are written. */
function saveOptions(
  { provenance, scale, enlarge }: Values<typeof options>,
): SaveOptions {
  const more = { scale: scale > 1 ? scale : undefined, enlarge };
  return { provenance, ...withoutUndefined(more) };
}

/** Options of the run that were given. */
function runOptions(values: Values<typeof options>): GenerateOptions {
  const { seed, recipe, steps, guidance, sampler, guidanceInterval } = values;
  const { deepEvery, matting, size, decoder, tiles, method } = values;
  return withoutUndefined<GenerateOptions>({
    ...{ seed, recipe, steps, guidance, sampler, guidanceInterval },
    ...{ deepEvery, matting, size, methods: method },
    ...conditionsOfFlags(values),
    ...steeringOfFlags(values),
    ...editsOfFlags(values),
    ...{ decoder, tiles: tiles ? true : undefined },
  });
}

function parseInterval(given: string): [number, number] | undefined {
  const match = /^([\d.]+),([\d.]+)$/.exec(given);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  return from >= 0 && from <= to && to <= 1 ? [from, to] : undefined;
}

async function loadModel(
  values: Values<typeof options>,
  paints: boolean,
): Promise<LocRef> {
  const { backend, int8, precision } = values;
  const model = values.model ?? await savedModel(values.scene) ?? "pocket";
  if (!paints) await refuseMaskless(model, partsOf(values));
  const bar = fetchProgress();
  const { onProgress } = bar;
  try {
    return await LocRef.load(model, {
      ...{ ...partsOf(values), backend, int8, precision, onProgress },
    });
  } finally {
    bar.end();
  }
}

function numbered(path: string, number: number): string {
  const extension = extname(path);
  return `${path.slice(0, -extension.length)}-${number}${extension}`;
}
