import { join } from "node:path";
import { chooseSampler, planRun } from "../../lib/ddim/samplers.ts";
import { noiseSchedule } from "../../lib/ddim/noise_schedule.ts";
import { clipTextProgram } from "../../lib/encoders/clip_text.ts";
import { loadClipTokenizer } from "../../lib/encoders/clip_tokenizer.ts";
import { vaeDecoderProgram } from "../../lib/encoders/vae_decoder.ts";
import { type Tensor, tensor } from "../../lib/core/tensor.ts";
import { denoise } from "../../lib/pipeline/denoise/denoise.ts";
import type { StableDiffusion } from "../../lib/bases/sd/stable_diffusion.ts";
import { openStableDiffusion } from "../open_stable_diffusion.ts";
import { floats } from "../../lib/core/tensor_rows.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { textKeyValueProgram } from "../../lib/bases/sd/key_value_programs.ts";
import { textInputs } from "../../lib/bases/text_inputs.ts";
import { timeSinusoids } from "../../lib/bases/sd/time_embedding.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { sizeOfImage } from "./encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "./golden_case.ts";
import { keyValuesOnce, readGoldens, runOnce } from "./golden_files.ts";

interface PipelineFile {
  readonly prompt: string;
  readonly negative_prompt: string;
  readonly steps: number;
  readonly guidance_scale: number;
}

/** The case of a whole text-to-image run. */
export const pipelineCases: readonly GoldenCase[] = [
  { name: "pipeline", bound: 1e-3, loop: true, run: pipeline },
];

async function pipeline(context: GoldenContext): Promise<number> {
  const { dir } = context;
  const file = await readJson<PipelineFile>(join(dir, "pipeline.json"));
  const goldens = await readGoldens(dir, "pipeline");
  const base = await openStableDiffusion(join(dir, "sd-tiny"));
  const latents = await denoised(context, {
    base,
    file,
    noise: goldens.latents!,
  });
  const picture = await decoded(context, base, latents);
  return Math.max(
    relativeError(latents, goldens.final_latents!),
    relativeError(picture, goldens.image!),
  );
}

async function denoised(
  { executor }: GoldenContext,
  run: { base: StableDiffusion; file: PipelineFile; noise: Tensor },
): Promise<Tensor> {
  const { base, file, noise } = run;
  const { config, weights } = base.unet;
  const tokenizer = await loadClipTokenizer(base.tokenizer);
  const ids = [file.negative_prompt, file.prompt].flatMap((text) => [
    ...tokenizer.encode(text).ids,
  ]);
  const { hidden } = await runOnce(
    executor,
    clipTextProgram(base.text.config),
    {
      weights: base.text.weights,
      inputs: { ids: tensor([2, tokenizer.length], Int32Array.from(ids)) },
    },
  );
  const inputs = textInputs(
    await keyValuesOnce(executor, textKeyValueProgram(config), {
      ...{ weights, tokens: hidden! },
    }),
  );
  const program = unetProgram(config, {
    size: sizeOfImage(noise),
  });
  const unet = await executor.compile(program, weights);
  let latents = noise;
  const steps = denoise(unet, {
    stepInputs: (timesteps) => ({
      time: timeSinusoids(timesteps, base.unet.config),
    }),
    sampler: planRun(
      noiseSchedule(base.scheduler),
      chooseSampler("ddim"),
      file.steps,
    ),
    noise,
    guidance: file.guidance_scale,
    inputsAt: () => inputs,
  });
  for await (const step of steps) latents = step.latents;
  await unet.dispose();
  return latents;
}

/** The picture of `latents` as `[1, height, width, 3]` in 0..1. */
async function decoded(
  { executor }: GoldenContext,
  base: StableDiffusion,
  latents: Tensor,
): Promise<Tensor> {
  const { config, weights } = base.vae;
  const latent = tensor(
    latents.shape,
    floats(latents).map((value) => value / config.scaling_factor),
  );
  const program = vaeDecoderProgram(config, sizeOfImage(latent));
  const { picture } = await runOnce(executor, program, {
    weights,
    inputs: { latent },
  });
  const { height, width } = sizeOfImage(picture!);
  const pixels = new Float32Array(height * width * 3);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < height * width; i++) {
      const value = picture!.data[c * height * width + i]!;
      pixels[i * 3 + c] = Math.min(1, Math.max(0, value / 2 + 0.5));
    }
  }
  return tensor([1, height, width, 3], pixels);
}
