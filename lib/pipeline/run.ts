import { traceEntries } from "./trace_run.ts";
import { freeuGraph } from "../adapters/steering/freeu.ts";
import { perturbedGraph } from "../adapters/steering/perturbed_attention.ts";
import type { TraceEntry } from "../adapters/trace_entry.ts";
import type { AdapterGraph } from "../bases/hooks.ts";
import { filesOf } from "../bases/part_files.ts";
import { warnDeprecated } from "../core/deprecated.ts";
import { gaussianNoise } from "../core/random.ts";
import type { Tensor } from "../core/tensor.ts";
import { type ControlRun, runControls } from "./controls/run_controls.ts";
import { decodingBytes } from "./decode_latents.ts";
import { denoise, type DenoiseStep } from "./denoise/denoise.ts";
import { pictureFinisher } from "./finish_picture.ts";
import type { GenerationStep } from "./generation_step.ts";
import type { LoadedModel } from "./load/loaded_model.ts";
import { sceneNoise } from "./noise.ts";
import type { PictureOptions } from "./options/picture_options.ts";
import { chosenFreeu, chosenPag } from "./options/steering_options.ts";
import type { Picture } from "./picture.ts";
import { type PlannedPicture, planPicture } from "./plan_picture.ts";
import type {
  PreparedScene,
  PreparedStep,
  StepForm,
} from "./prepare/prepare_scene.ts";
import { type SceneOnModel, withPainted } from "./remake.ts";
import type { RunnerUse } from "./programs/runner_use.ts";
import { beginOnPicture } from "./start/begin.ts";
import type { RunStart } from "./start/run_start.ts";
import { stepPrograms } from "./denoise/step_programs.ts";

export type { SceneOnModel };

/**
 * Makes a picture of a scene on a loaded model, yielding after every step; the picture is the
 * generator's return value.
 *
 * @throws {LocRefError | RangeError} before the first step, if scene and model do not fit together.
 */
export async function* run(
  on: SceneOnModel,
  asked: PictureOptions = {},
): AsyncGenerator<GenerationStep, Picture> {
  const whole = await withPainted(run, on, asked);
  const { model } = whole;
  await using runners = model.runners.open();
  const planned = await planPicture(whole, asked, runners);
  const { latent, options, prepared, seen: { instances } } = planned;
  const { parts } = model;
  let active: PreparedStep["active"] = [];
  const steps = await runSteps(planned, { model, runners }, async (at) => {
    const step = await prepared.stepAt(at);
    active = step.active;
    return step;
  });
  const trace: TraceEntry[] = [];
  const finish = await pictureFinisher({
    ...{ on: whole, asked, planned, run, trace },
  });
  let latents: Tensor | undefined;
  for await (const step of steps) {
    latents = step.latents;
    if (options.trace) {
      const adapters = active.map((i) => parts.adapters[i]!);
      const read = { parts, latent, active: adapters, instances };
      trace.push(...traceEntries(step, read));
    }
    yield shown(step, () => finish(step.clean(), options.preview));
  }
  options.signal?.throwIfAborted();
  await runners.close(); // the decoder may need the denoiser's memory
  const decoding = decodingBytes(parts.base, latent, planned.settings);
  await model.runners.releaseDenoisers(decoding);
  return await finish(latents!);
}

/** Compiles the programs of a run and lays out where it begins. */
async function runSteps(
  planned: PlannedPicture,
  { model, runners }: { model: LoadedModel; runners: RunnerUse },
  stepAt: PreparedScene["stepAt"],
): Promise<AsyncGenerator<DenoiseStep>> {
  const { settings, sampler, latent, options, prepared } = planned;
  const { base } = model.parts;
  const { deepEvery = 1, guidance, seed } = settings;
  const controls = await controlsOf(planned, { model, runners });
  const freeu = chosenFreeu(settings);
  const beside = [
    ...controls?.adapters ?? [],
    ...(freeu ? [freeuGraph(freeu)] : []),
  ];
  const withControls = <F extends StepForm>(
    form: F,
    first: readonly AdapterGraph[] = [],
  ): F => ({ ...form, adapters: [...first, ...form.adapters, ...beside] });
  const pag = chosenPag(settings);
  const programsOf = stepPrograms(runners, {
    ...{ size: latent, trace: options.trace, deepEvery },
  });
  const { unet, shallow } = await programsOf(withControls(prepared.form));
  const { channels } = base.latent;
  const noise = sceneNoise(seed, channels, latent, prepared.seeded);
  const cells = noise.data.length;
  let form: StepForm = prepared.form;
  return denoise(unet, {
    stepInputs: prepared.stepInputs,
    files: filesOf(base, "unet"),
    ...{ sampler, noise, shallow, deepEvery },
    start: await startOf(planned, { model, runners, noise }),
    callInputs: controls?.callInputs,
    guidance: base.reads?.guidance ? 1 : guidance,
    guidanceInterval: settings.guidanceInterval,
    guidanceRescale: settings.guidanceRescale,
    inputsAt: async (at) => {
      const step = await stepAt(at);
      form = step;
      return step.inputs;
    },
    programsAt: () => programsOf(withControls(form)),
    perturbed: pag && {
      scale: pag.scale,
      programsAt: () => programsOf(withControls(form, [perturbedGraph(pag)])),
    },
    guide: prepared.guide,
    stepNoise: (i) => gaussianNoise(seed + (i + 1) * 2 ** 32, cells),
    signal: options.signal,
  });
}

/** The controls of a run, prepared; `undefined` where it has none. */
async function controlsOf(
  { units, latent, prepared }: PlannedPicture,
  { model, runners }: { model: LoadedModel; runners: RunnerUse },
): Promise<ControlRun | undefined> {
  if (units.length === 0) return undefined;
  return await runControls(units, {
    places: model.parts.base.places(latent),
    latent,
    tokens: prepared.tokens,
    compile: (program) => runners.other(program),
  });
}

/** Where a run begins on a photograph; `undefined` where it begins on noise. */
async function startOf(
  { begun, part, seen, pictures, latent, sampler }: PlannedPicture,
  context: { model: LoadedModel; runners: RunnerUse; noise: Tensor },
): Promise<RunStart | undefined> {
  if (begun === undefined || part === undefined) return undefined;
  return await beginOnPicture({
    ...{ ...context, scene: seen, pictures, start: begun, part, latent },
    plan: sampler,
  });
}

/** A step as users see it, with its old name for `total`. */
function shown(
  { step, total, timestep }: DenoiseStep,
  preview: () => Promise<Picture>,
): GenerationStep {
  return Object.defineProperty(
    { step, total, timestep, preview },
    "of",
    {
      get: () => {
        warnDeprecated("of, the number of steps,", "total");
        return total;
      },
    },
  ) as GenerationStep;
}
