import { join } from "node:path";
import { openBase } from "../../../lib/bases/bases.ts";
import type { Base } from "../../../lib/bases/base.ts";
import type { SizeConditions } from "../../../lib/bases/size_conditions.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import type { SchedulerConfig } from "../../../lib/ddim/noise_schedule.ts";
import { openModelFolder } from "../../../lib/weights/model_folder.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import {
  decodedPicture,
  finalLatents,
  type PipelineRun,
} from "./run_pipeline.ts";

/** One run, under the names of diffusers. */
interface Run {
  readonly prompt: string;
  readonly prompt_2?: string;
  readonly negative_prompt?: string;
  readonly negative_prompt_2?: string;
  readonly steps?: number;
  readonly num_inference_steps?: number;
  readonly guidance_scale: number;
  readonly guidance_rescale?: number;
  readonly clip_skip?: number;
  readonly original_size?: Pair;
  readonly crops_coords_top_left?: Pair;
  readonly target_size?: Pair;
  readonly negative_original_size?: Pair;
  readonly negative_crops_coords_top_left?: Pair;
  readonly negative_target_size?: Pair;
  readonly scheduler?: string;
  readonly timestep_spacing?: string;
  readonly prediction_type?: string;
  readonly rescale_betas_zero_snr?: boolean;
  readonly clip_sample?: boolean;
  readonly set_alpha_to_one?: boolean;
  readonly original_inference_steps?: number;
  readonly eta?: number;
}

/** Height first. */
type Pair = readonly [number, number];

type Runs = Readonly<Record<string, Run>>;

/** Bound of a whole run. */
const bound = 1e-3;

/** The cases of whole runs. */
export async function pipelineCases(dir: string): Promise<GoldenCase[]> {
  return [
    ...await groupOf(dir, "sdxl_pipeline", (name) => ({
      name: `sdxl.pipeline.${name}`,
      folder: "sdxl-tiny",
    })),
    ...await groupOf(dir, "turbo", (name) => ({
      name: `turbo.${name}`,
      folder: "sdxl-tiny",
    })),
    ...await groupOf(dir, "sd21_pipeline", (name) => ({
      name: `sd21.pipeline.${name}`,
      folder: "sd21-tiny",
      scheduler: name.startsWith("turbo")
        ? "sd-turbo-scheduler/scheduler_config.json"
        : undefined,
    })),
    { name: "sd15.pipeline", bound, loop: true, run: sd15 },
    { name: "lcm.distilled", bound, loop: true, run: lcm },
  ];
}

interface Place {
  readonly name: string;
  readonly folder: string;
  /** Scheduler config in place of the folder's. */
  readonly scheduler?: string;
}

async function groupOf(
  dir: string,
  file: string,
  placeOf: (run: string) => Place,
): Promise<GoldenCase[]> {
  const runs = await runsOf(dir, file).catch(() => ({}));
  return Object.entries(runs).map(([key, run]) => {
    const { name, folder, scheduler } = placeOf(key);
    return {
      name,
      bound,
      loop: (run.steps ?? run.num_inference_steps) !== 1,
      run: async (context) => {
        const base = await openBase(join(context.dir, folder));
        const own = scheduler === undefined
          ? base.scheduler
          : await readJson<SchedulerConfig>(join(context.dir, scheduler));
        return await compared(context, {
          base,
          run,
          scheduler: schedulerOf(own, run),
          file,
          key: `${key}.`,
        });
      },
    };
  });
}

async function runsOf(dir: string, file: string): Promise<Runs> {
  return (await readJson<{ runs: Runs }>(join(dir, `${file}.json`))).runs;
}

async function sd15(context: GoldenContext): Promise<number> {
  const { dir } = context;
  const base = await openBase(join(dir, "sd15-tiny"));
  const run = await readJson<Run>(join(dir, "sd15_pipeline.json"));
  const { scheduler } = base;
  return await compared(context, {
    base,
    run,
    scheduler,
    file: "sd15_pipeline",
    key: "",
  });
}

/** The distilled UNet with the rest of `sd15-tiny`. */
async function lcm(context: GoldenContext): Promise<number> {
  const { dir } = context;
  const rest = await openModelFolder(join(dir, "sd15-tiny"));
  const all = await openModelFolder(dir);
  const base = await openBase({
    ...rest,
    part: (name) => name === "unet" ? all.part("lcm-unet") : rest.part(name),
  });
  const { distilled: run } = await runsOf(dir, "lcm");
  const given = { scheduler: "LCMScheduler", ...run! };
  return await compared(context, {
    base,
    run: given,
    scheduler: schedulerOf(base.scheduler, given),
    file: "lcm",
    key: "distilled.",
  });
}

/** The folder's scheduler as another class, with the settings that the run names. */
function schedulerOf(own: SchedulerConfig, run: Run): SchedulerConfig {
  const keys = [
    "timestep_spacing",
    "prediction_type",
    "rescale_betas_zero_snr",
    "clip_sample",
    "set_alpha_to_one",
    "original_inference_steps",
  ] as const;
  const given = Object.fromEntries(
    keys.flatMap((key) => run[key] === undefined ? [] : [[key, run[key]]]),
  );
  return { ...own, ...given, _class_name: run.scheduler ?? own._class_name };
}

interface Compared {
  readonly base: Base;
  readonly run: Run;
  readonly scheduler: SchedulerConfig;
  readonly file: string;
  /** Beginning of the names of the run's tensors. */
  readonly key: string;
}

async function compared(
  context: GoldenContext,
  { base, run, scheduler, file, key }: Compared,
): Promise<number> {
  const goldens = await readGoldens(context.dir, file);
  const at = (name: string): Tensor | undefined => goldens[key + name];
  const expected = at("final_latents")!;
  const noise = [goldens.latents!, goldens.wide_latents]
    .find((one) => one?.shape.join() === expected.shape.join())!;
  const latents = await finalLatents(context, {
    ...settings(run),
    base,
    scheduler,
    noise,
    draws: at("noise.0") && ((call) => at(`noise.${call}`)!),
  });
  const error = relativeError(latents, expected);
  const image = at("image");
  if (image === undefined) return error;
  const picture = await decodedPicture(context, base, latents);
  return Math.max(error, relativeError(picture, image));
}

function settings(
  run: Run,
): Omit<PipelineRun, "base" | "noise" | "draws" | "scheduler"> {
  return {
    options: run.eta === undefined ? {} : { eta: run.eta },
    steps: (run.num_inference_steps ?? run.steps)!,
    guidance: run.guidance_scale,
    guidanceRescale: run.guidance_rescale,
    texts: [
      {
        text: run.negative_prompt ?? "",
        second: run.negative_prompt_2,
        absent: run.negative_prompt === undefined,
      },
      { text: run.prompt, second: run.prompt_2, clipSkip: run.clip_skip },
    ],
    sizes: sizesOf(run),
  };
}

function sizesOf(run: Run): SizeConditions {
  const size = (pair?: Pair) => pair && { height: pair[0], width: pair[1] };
  const corner = (pair?: Pair) => pair && { top: pair[0], left: pair[1] };
  const negative = run.negative_original_size && {
    original: size(run.negative_original_size),
    crop: corner(run.negative_crops_coords_top_left),
    target: size(run.negative_target_size),
  };
  return {
    original: size(run.original_size),
    crop: corner(run.crops_coords_top_left),
    target: size(run.target_size),
    negative,
  };
}
