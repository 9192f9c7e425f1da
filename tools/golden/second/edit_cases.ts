import { join } from "node:path";
import { openBase } from "../../../lib/bases/bases.ts";
import type { Base } from "../../../lib/bases/base.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import { latentMask } from "../../../lib/images/editing/paint_mask.ts";
import { maskChannels } from "../../../lib/pipeline/start/begin.ts";
import { encodePicture } from "../../../lib/pipeline/start/encode_picture.ts";
import { startOnPicture } from "../../../lib/pipeline/start/run_start.ts";
import { openModelFolder } from "../../../lib/weights/model_folder.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { finalLatents, type PipelineRun } from "./run_pipeline.ts";

/** One run, under the names of diffusers. */
interface Run {
  readonly scheduler: string;
  readonly use_karras_sigmas?: boolean;
  readonly prompt: string;
  readonly negative_prompt: string;
  readonly strength: number;
  readonly num_inference_steps: number;
  readonly guidance_scale: number;
  readonly timesteps: readonly number[];
}

type Goldens = Record<string, Tensor>;
type Runs = Readonly<Record<string, Run>>;

/** The cases of image to image and of inpainting. */
export async function editCases(dir: string): Promise<GoldenCase[]> {
  return [
    ...await group(dir, "img2img", imageToImage),
    ...await group(dir, "inpaint", inpainting),
  ];
}

async function group(
  dir: string,
  file: string,
  run: (name: string, run: Run, context: GoldenContext) => Promise<number>,
): Promise<GoldenCase[]> {
  const { runs } = await readJson<{ runs: Runs }>(join(dir, `${file}.json`))
    .catch(() => ({ runs: {} as Runs }));
  return Object.entries(runs).map(([name, one]) => ({
    name: `${file}.${name}`,
    bound: 1e-3,
    loop: true,
    run: (context) => run(name, one, context),
  }));
}

async function imageToImage(
  name: string,
  run: Run,
  context: GoldenContext,
): Promise<number> {
  const goldens = await readGoldens(context.dir, "img2img");
  const base = await baseOf(context.dir, name);
  const noise = goldens[`${name}.noise`]!;
  const latents = await finalLatents(context, {
    ...settings(base, run),
    noise,
    start: async ({ plan, programs }) =>
      startOnPicture(plan, {
        latents: await encodePicture(
          await programs.program("vae_encoder"),
          inPlusMinus(goldens.image!),
          {
            latent: base.latent,
            noise: floats(goldens[`${name}.posterior_noise`]!),
          },
        ),
        noise: floats(noise),
        strength: run.strength,
      }),
  });
  return relativeError(latents, goldens[`${name}.final_latents`]!);
}

async function inpainting(
  name: string,
  run: Run,
  context: GoldenContext,
): Promise<number> {
  const goldens = await readGoldens(context.dir, "inpaint");
  const base = await baseOf(context.dir, name);
  const noise = goldens[`${name}.noise`] ?? goldens.latents!;
  const size = sizeOfImage(noise);
  const mask = paintMaskOf(goldens.mask!);
  const cells = latentMask(mask, size);
  const latents = await finalLatents(context, {
    ...settings(base, run),
    noise,
    async start({ plan, programs }) {
      const encoder = await programs.program("vae_encoder");
      const encode = (planes: Tensor, draw: string) => {
        const noise = goldens[`${name}.${draw}`];
        return encodePicture(encoder, planes, {
          latent: base.latent,
          noise: noise && floats(noise),
        });
      };
      const reads = base.reads?.mask ?? false;
      const start = startOnPicture(plan, {
        latents: await encode(inPlusMinus(goldens.image!), "posterior_noise"),
        noise: floats(noise),
        strength: run.strength,
        mask: cells,
        reads,
      });
      if (!reads) return start;
      const grey = inPlusMinus(goldens.image!);
      grey.data.forEach((_, i) => {
        if (mask.data[i % mask.data.length] === 1) grey.data[i] = 0;
      });
      const kept = await encode(grey, "masked_image_noise");
      return { ...start, extra: maskChannels(cells, kept, size) };
    },
  });
  return Math.max(
    relativeError(
      tensor([1, 1, size.height, size.width], cells),
      goldens.latent_mask!,
    ),
    relativeError(latents, goldens[`${name}.final_latents`]!),
  );
}

/** The base of a run: tiny ones, and for nine channels with another UNet. */
async function baseOf(dir: string, name: string): Promise<Base> {
  const xl = name.endsWith("sdxl");
  const folder = xl ? "sdxl-tiny" : "sd15-tiny";
  if (!name.startsWith("nine")) return await openBase(join(dir, folder));
  const rest = await openModelFolder(join(dir, folder));
  const all = await openModelFolder(dir);
  const unet = xl ? "inpaint-unet-xl" : "inpaint-unet";
  return await openBase({
    ...rest,
    part: (part) => part === "unet" ? all.part(unet) : rest.part(part),
  });
}

function settings(
  base: Base,
  run: Run,
): Omit<PipelineRun, "noise"> {
  return {
    base,
    // the spacing of the scheduler that the reference was loaded with
    scheduler: {
      timestep_spacing: "leading",
      ...base.scheduler,
      _class_name: run.scheduler,
    },
    options: run.use_karras_sigmas ? { sigmas: "karras" } : {},
    steps: run.num_inference_steps,
    guidance: run.guidance_scale,
    texts: [{ text: run.negative_prompt }, { text: run.prompt }],
  };
}

/** A picture in 0..1 as the VAE reads it. */
function inPlusMinus({ shape, data }: Tensor): Tensor {
  return tensor(shape, Float32Array.from(data, (value) => 2 * value - 1));
}

function paintMaskOf({ shape, data }: Tensor) {
  const [, , height, width] = shape as [number, number, number, number];
  const painted = Uint8Array.from(data, (value) => value >= 0.5 ? 1 : 0);
  return { width, height, data: painted };
}
