import { join } from "node:path";
import { openControl } from "../../../lib/adapters/controls/open_control.ts";
import { openBase } from "../../../lib/bases/bases.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { sliceBatch } from "../../../lib/core/tensor_rows.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import type { ControlUnit } from "../../../lib/pipeline/controls/control_unit.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { finalLatents } from "./run_pipeline.ts";

/** One run, under the names of diffusers. */
interface Run {
  readonly prompt: string;
  readonly negative_prompt: string;
  readonly num_inference_steps: number;
  readonly guidance_scale: number;
  readonly controlnet_conditioning_scale: number | readonly number[];
  readonly control_guidance_start?: number;
  readonly control_guidance_end?: number | readonly number[];
  readonly guess_mode?: boolean;
}

/** The cases of whole runs with ControlNets. */
export async function controlPipelineCases(
  dir: string,
): Promise<GoldenCase[]> {
  const { runs } = await readJson<{ runs: Record<string, Run> }>(
    join(dir, "controlnet_pipeline.json"),
  ).catch(() => ({ runs: {} as Record<string, Run> }));
  return [
    ...Object.entries(runs).map(([name, run]) => ({
      name: `controlnet.pipeline.${name}`,
      bound: 1e-3,
      loop: true,
      run: (context: GoldenContext) => sd15(name, run, context),
    })),
    {
      name: "controlnet.sdxl.pipeline",
      bound: 1e-3,
      loop: true,
      run: sdxl,
    },
  ];
}

async function sd15(
  name: string,
  run: Run,
  context: GoldenContext,
): Promise<number> {
  const goldens = await readGoldens(context.dir, "controlnet_pipeline");
  const latents = await latentsOf(context, run, {
    folder: "sd15-tiny",
    control: "controlnet-sd15",
    scheduler: "DDIMScheduler",
    hints: [goldens.hint!, goldens.hint_2!],
    noise: goldens.latents!,
  });
  return relativeError(latents, goldens[`${name}.final_latents`]!);
}

async function sdxl(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "controlnet_sdxl");
  const { pipeline } = await readJson<{ pipeline: Run }>(
    join(context.dir, "controlnet_sdxl.json"),
  );
  const latents = await latentsOf(context, pipeline, {
    folder: "sdxl-tiny",
    control: "controlnet-sdxl",
    hints: [sliceBatch(goldens.hint!, 0, 1)],
    noise: goldens.latents!,
  });
  return relativeError(latents, goldens.final_latents!);
}

async function latentsOf(
  context: GoldenContext,
  run: Run,
  given: {
    folder: string;
    control: string;
    scheduler?: string;
    hints: readonly Tensor[];
    noise: Tensor;
  },
): Promise<Tensor> {
  const { dir } = context;
  const base = await openBase(join(dir, given.folder));
  const { scheduler = base.scheduler._class_name } = given;
  return await finalLatents(context, {
    base,
    scheduler: { ...base.scheduler, _class_name: scheduler },
    steps: run.num_inference_steps,
    guidance: run.guidance_scale,
    texts: [{ text: run.negative_prompt }, { text: run.prompt }],
    noise: given.noise,
    units: await unitsOf(run, join(dir, given.control), given.hints),
  });
}

async function unitsOf(
  run: Run,
  folder: string,
  hints: readonly Tensor[],
): Promise<ControlUnit[]> {
  const { controlnet_conditioning_scale: scale } = run;
  const scales = typeof scale === "number" ? [scale] : scale;
  const ends = run.control_guidance_end ?? 1;
  const control = await openControl(folder);
  return scales.map((scale, id) => ({
    control,
    ...{ id, number: id },
    name: folder,
    hint: hints[id]!,
    scale,
    start: run.control_guidance_start ?? 0,
    end: typeof ends === "number" ? ends : ends[id]!,
    guess: run.guess_mode ?? false,
  }));
}
