import { extname } from "node:path";
import { quote } from "../lib/core/quote.ts";
import { checkOutputFile } from "../lib/core/check_output.ts";
import { formatOfPath } from "../lib/images/encode.ts";
import { backendNames } from "../lib/ops/open_executor.ts";
import { drawSeed } from "../lib/pipeline/draw_seed.ts";
import type { GenerateOptions } from "../lib/model/generate_options.ts";
import { LocRef } from "../lib/model/locref.ts";
import type { Picture, SaveOptions } from "../lib/pipeline/picture.ts";
import { startProgress } from "../lib/core/progress.ts";
import type { Scene } from "../lib/scene/scene.ts";
import { fetchProgress } from "./fetch_progress.ts";
import { warningPrinter } from "../lib/core/print_warnings.ts";
import { readScene, rootFlags, rootHelp } from "./read_scene.ts";
import { samplerFlag, samplerLines } from "./sampler_flag.ts";
import { parseArgs } from "../lib/core/parse_args.ts";
import {
  choiceFlag,
  guidanceLimits,
  numberFlag,
  seedLimits,
  sizeFlag,
  stepsLimits,
  UsageError,
} from "../lib/core/usage.ts";

const backends = ["auto", ...backendNames] as const;

/** What `generate --help` prints. */
export const help: string = `
Usage: generate SCENE.json -o out.png [OPTION…]

Makes a picture of a scene: a caption, and references with their boxes.

  SCENE.json        a scene, or a PNG file that generate wrote (made again)
  -o, --output      picture to write (.png, .webp, .jpg) [out.png]
  --model           pocket, a folder, or a hub id org/repo[@revision] [pocket]
  --base            folder or hub id of the Stable Diffusion model
  --adapter         adapter file: a path or org/repo/file.safetensors
  --image-encoder   folder or org/repo/folder of the CLIP image encoder
  --variant         variant of the weight files, such as fp16
  --matting         matting model for instances with "cutout": "model"
  --backend         ${backends.join(", ")} [auto]
  --seed            seed of the noise, or random, which prints the one drawn [0]
  --steps           number of steps [the model's own]
  --guidance        guidance scale, 1 switches it off [the model's own]
  --sampler         NAME, or NAME:OPTION=VALUE,… such as dpm++2m:sigmas=karras [ddim]
                    ${samplerLines("                    ")}
  --guidance-interval  FROM,TO: part of the steps under guidance [0,1]
  --deep-every      the whole UNet runs in every n-th step only [1]
  --int8            matrix products with weights of eight bits (onnx)
  --size            WIDTHxHEIGHT in pixels [the model's own]
  --n               number of pictures, with seeds that follow each other [1]
  --best-of         make so many pictures and keep the one that scores best [1]
  --provenance      how much a PNG file holds of how it was made: portable
                    (no path of this machine), full, or none [portable]
${rootHelp.slice(1)}
  --json            print files, seeds, times and warnings as JSON
`;

const flags = {
  output: { type: "string", short: "o", default: "out.png" },
  model: { type: "string", default: "pocket" },
  base: { type: "string" },
  adapter: { type: "string" },
  "image-encoder": { type: "string" },
  variant: { type: "string" },
  matting: { type: "string" },
  backend: { type: "string" },
  seed: { type: "string" },
  steps: { type: "string" },
  guidance: { type: "string" },
  sampler: { type: "string" },
  "guidance-interval": { type: "string" },
  "deep-every": { type: "string" },
  int8: { type: "boolean" },
  size: { type: "string" },
  n: { type: "string" },
  "best-of": { type: "string" },
  provenance: { type: "string", default: "portable" },
  ...rootFlags,
  json: { type: "boolean", default: false },
} as const;

/** One picture, as `--json` prints it. */
interface Made {
  readonly output: string;
  readonly seed: number;
  readonly seconds: number;
  readonly warnings: readonly string[];
}

/** Runs the command. */
export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: flags,
  });
  const [path, ...extra] = positionals;
  if (path === undefined || extra.length > 0) {
    throw new UsageError(`generate takes one scene, got ${positionals.length}`);
  }
  const several = { min: 1, max: 1000, integer: true };
  const count = numberFlag("n", values.n, several) ?? 1;
  const candidates = numberFlag("best-of", values["best-of"], several) ?? 1;
  const options = drawSeed(runOptions(values));
  const provenance = provenanceFlag(values.provenance);
  formatOfPath(values.output);
  const outputOf = (i: number) =>
    count === 1 ? values.output : numbered(values.output, i + 1);
  for (let i = 0; i < Math.min(count, 100); i++) {
    await checkOutputFile(outputOf(i));
  }
  const scene = await readScene(path, values);
  await using model = await loadModel(values);
  const warn = warningPrinter();
  const made: Made[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const seed = options.seed === undefined
      ? (count > 1 ? i : undefined)
      : options.seed + i;
    const own = seed === undefined ? options : { ...options, seed };
    const picture = candidates > 1
      ? await scene.generate({ ...own, model, n: candidates, keep: "best" })
      : await withProgress(scene, { ...own, model });
    const output = outputOf(i);
    await picture.save(output, { provenance });
    const seconds = (performance.now() - start) / 1000;
    const { provenance: { seed: used }, warnings } = picture;
    made.push({ output, seed: used, seconds, warnings });
    if (!values.json) console.log(output);
    if (values.seed === "random") console.error(`Seed ${used}: ${output}`);
    warn(warnings);
  }
  if (values.json) {
    const backend = model.backend.name;
    console.log(JSON.stringify(made.map((one) => ({ ...one, backend }))));
  }
  return 0;
}

type Values = Partial<
  Record<keyof typeof flags, string | boolean | string[]>
>;

function text(values: Values, name: keyof typeof flags): string | undefined {
  return values[name] as string | undefined;
}

function runOptions(values: Values): GenerateOptions {
  const options: GenerateOptions = {
    seed: text(values, "seed") === "random"
      ? "random"
      : numberFlag("seed", text(values, "seed"), seedLimits),
    steps: numberFlag("steps", text(values, "steps"), stepsLimits),
    guidance: numberFlag("guidance", text(values, "guidance"), guidanceLimits),
    sampler: samplerFlag(text(values, "sampler")),
    guidanceInterval: intervalFlag(text(values, "guidance-interval")),
    deepEvery: numberFlag("deep-every", text(values, "deep-every"), {
      min: 1,
      max: 1000,
      integer: true,
    }),
    matting: text(values, "matting"),
    size: sizeFlag("size", text(values, "size")),
  };
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
}

function provenanceFlag(given: string): SaveOptions["provenance"] {
  if (given === "full" || given === "portable" || given === "none") {
    return given;
  }
  throw new UsageError(
    `Option --provenance takes full, portable or none, got ${quote(given)}`,
  );
}

function intervalFlag(
  given: string | undefined,
): GenerateOptions["guidanceInterval"] {
  if (given === undefined) return undefined;
  const match = /^([\d.]+),([\d.]+)$/.exec(given);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  if (from >= 0 && from <= to && to <= 1) return [from, to];
  throw new UsageError(
    `Option --guidance-interval takes FROM,TO between 0 and 1, the smaller first, got ${
      quote(given)
    }`,
  );
}

async function loadModel(values: Values): Promise<LocRef> {
  const bar = fetchProgress();
  try {
    return await LocRef.load(text(values, "model"), {
      base: text(values, "base"),
      adapter: text(values, "adapter"),
      imageEncoder: text(values, "image-encoder"),
      variant: text(values, "variant"),
      backend: choiceFlag("backend", text(values, "backend"), backends),
      int8: values.int8 === true,
      onProgress: bar.onProgress,
    });
  } finally {
    bar.end();
  }
}

/** Makes a picture with a progress line over its steps. */
export async function withProgress(
  scene: Scene,
  options: GenerateOptions,
): Promise<Picture> {
  const steps = scene.steps(options);
  let bar: ReturnType<typeof startProgress> | undefined;
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
      bar ??= startProgress("denoise", { total: value.total });
      bar.update(value.step);
    }
  } finally {
    bar?.end();
  }
}

function numbered(path: string, number: number): string {
  const extension = extname(path);
  return `${path.slice(0, -extension.length)}-${number}${extension}`;
}
