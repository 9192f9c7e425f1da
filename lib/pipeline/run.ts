import {
  type AttentionSite,
  attentionSizes,
  crossSites,
} from "../bases/hooks.ts";
import { filesOf } from "../bases/part_files.ts";
import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { planRun } from "../ddim/samplers.ts";
import { LocRefError } from "../core/error.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { originWarnings } from "./provenance/scene_origin.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { denoise, type DenoiseStep } from "./denoise.ts";
import { decodeLatents } from "./decode_latents.ts";
import { drawSeed } from "./draw_seed.ts";
import type { GenerationStep } from "./generation_step.ts";
import type { LoadedModel } from "./load/loaded_model.ts";
import { checkConditions } from "./options/condition_options.ts";
import { checkDecoders } from "./options/decode_options.ts";
import {
  chosenSampler,
  type PictureOptions,
} from "./options/picture_options.ts";
import { warnDeprecated } from "../core/deprecated.ts";
import { checkFinite } from "../core/finite.ts";
import { gaussianNoise } from "../core/random.ts";
import { sceneNoise } from "./noise.ts";
import { AttentionTrace } from "./attention_trace.ts";
import type { TraceEntry } from "../adapters/trace_entry.ts";
import { Picture } from "./picture.ts";
import { remaker, type SceneOnModel, withPainted } from "./remake.ts";
import {
  type PreparedScene,
  type PreparedStep,
  prepareScene,
  type StepForm,
} from "./prepare/prepare_scene.ts";
import type { PrepareSceneOptions } from "./prepare/prepare_adapters.ts";
import type { RunnerUse } from "./runners.ts";
import { stepPrograms } from "./step_programs.ts";
import { preparingModel } from "./prepare/preparing_model.ts";
import { makeProvenance } from "./provenance/make_provenance.ts";
import { backendWarning, modelWarning } from "./provenance/model_warning.ts";
import { hashSources } from "./provenance/provenance.ts";
import { openInstanceLoras } from "./prepare/instance_loras.ts";
import { readInstances } from "./prepare/read_instances.ts";
import { sceneWarnings } from "./prepare/scene_warnings.ts";
import { latentSize, sizeWarnings } from "./prepare/render_size.ts";
import { fewStepsOf } from "../weights/identify/few_steps.ts";
import { fewStepWarnings } from "./few_step_warnings.ts";
import { withRecipe } from "./options/recipes.ts";
import { type RunSettings, runSettings } from "./run_settings.ts";
import { openControls } from "./controls/open_controls.ts";
import { runControls } from "./controls/run_controls.ts";
import { beginOnPicture } from "./start/begin.ts";
import { checkStart, editedPart, seenScene } from "./start/edited_part.ts";
import { paintedPart } from "./start/painted_part.ts";
import { readStart } from "./start/read_start.ts";

export type { SceneOnModel };

/** Encoders whose weights take more than this many bytes are freed before the first step. */
const releaseAbove = 256 * 2 ** 20;

/**
 * Makes a picture of a scene on a loaded model, yielding after every step; the picture is the
 * generator's return value.
 *
 * @throws {LocRefError | RangeError} before the first step, if scene and model do not fit together.
 */
// deno-lint-ignore house/function-length
export async function* run(
  on: SceneOnModel,
  asked: PictureOptions = {},
): AsyncGenerator<GenerationStep, Picture> {
  const { scene, model, origin } = await withPainted(run, on, asked);
  const options = drawSeed(withRecipe(asked));
  const { folder, matting, limits, signal } = options;
  await using runners = model.runners.open();
  const { access } = origin;
  const reading = { folder, limits, access };
  const begun = await readStart(scene, reading);
  const edit = begun && editedPart(begun, model);
  const shaped = { ...scene, size: edit?.shape(scene) ?? scene.size };
  const settings = runSettings(shaped, options, model);
  const { size, guidance, seed } = settings;
  checkScene(scene, model);
  const { reads } = model.parts.base;
  checkConditions(options, { name: model.name, reads });
  const hasTaesd = model.parts.taesd !== undefined;
  checkDecoders(options, { name: model.name, hasTaesd });
  checkStart(scene, model);
  const sampler = planRun(
    model.schedule,
    chosenSampler({ ...options, sampler: settings.sampler }),
    settings.steps,
  );
  const place = { folder, access, signal };
  const loras = await openInstanceLoras(scene, model.parts, place);
  const allPictures = await readInstances(scene, {
    ...reading,
    matting,
    is: settings.fusion.is,
    canvas: size,
  });
  const part = begun && edit && await paintedPart(begun, edit.area, size);
  const { seen, pictures, seenLoras } = seenScene(scene, allPictures, {
    begun,
    edit,
  });
  const ground = begun?.init.instances ? part?.picture : undefined;
  const units = await openControls(seen, {
    ...reading,
    model,
    pictures,
    size,
    shape: shaped.size ?? size,
    area: edit?.cut ? edit.area : undefined,
    mask: begun?.mask,
  });
  const fusion = {
    ...model.fusion,
    ...(scene.overlap ? { overlap: scene.overlap } : {}),
    ...settings.fusion,
  };
  const looked = { data: seen, pictures, ground, loras: seenLoras(loras) };
  const prepared = await prepareOnce(model, looked, {
    size,
    guided: guidance > 1 && !reads?.guidance,
    guidance,
    conditions: settings,
    settings: { locref: fusion },
  }, runners);
  const warnings = [
    ...new Set([
      ...originWarnings(origin, scene),
      ...sizeWarnings(size, shaped, model),
      ...sceneWarnings(seen, pictures, {
        picture: size,
        cells: attentionSizes(
          model.parts.base.places(latentSize(model, size)),
        ),
      }, { is: settings.fusion.is, matting }),
      ...fewStepDoubts(model, settings),
      ...prepared.warnings,
    ]),
  ];
  const latent = latentSize(model, size);
  const { adapters, base } = model.parts;
  const controls = units.length === 0 ? undefined : await runControls(units, {
    places: base.places(latent),
    latent,
    tokens: prepared.tokens,
    compile: (program) => runners.other(program),
  });
  const withControls = <F extends StepForm>(form: F): F => ({
    ...form,
    adapters: [...form.adapters, ...controls?.adapters ?? []],
  });
  const { deepEvery = 1 } = settings;
  const programsOf = stepPrograms(runners, {
    size: latent,
    trace: options.trace,
    deepEvery,
  });
  const { unet, shallow } = await programsOf(withControls(prepared.form));
  let form: PreparedStep | undefined;
  const trace: TraceEntry[] = [];
  // Hashing gigabytes of weights can wait until there is a picture to sign.
  const hashes = await hashSources(
    scene,
    reading,
    new Map([...loras].map(([i, { path }]) => [i, path])),
  );
  const provenance = once(() =>
    makeProvenance(scene, {
      settings,
      hashes,
      model,
      units,
      painted: origin.painted,
    })
  );
  const { tiles, decoder } = settings;
  const picture = async (latents: Tensor, by = decoder) => {
    const painted = await decodeLatents(model, latents, latent, {
      ...{ tiles, decoder: by },
    });
    const raster = await part?.finish(painted) ?? painted;
    const traced = options.trace
      ? new AttentionTrace(seen, [...trace], painted)
      : undefined;
    const made = await provenance();
    const doubts = [
      modelWarning(origin.model, made.model),
      backendWarning(origin.backend, made.backend),
    ].filter((doubt) => doubt !== undefined);
    return new Picture(raster, made, [...warnings, ...doubts], {
      trace: traced,
      place: { home: origin.home, folder, localModel: isLocal(model) },
      remake: remaker(run, { on: { model, origin }, asked, size, raster }),
    });
  };
  const previewOf = (clean: () => Tensor) => () =>
    picture(clean(), options.preview);
  const { channels } = base.latent;
  const cells = channels * latent.height * latent.width;
  const noise = tensor(
    [1, channels, latent.height, latent.width],
    sceneNoise(seed, channels, latent, prepared.seeded),
  );
  const start = begun && part && await beginOnPicture({
    ...{ model, runners, scene: seen, pictures, start: begun, part },
    ...{ latent, plan: sampler, noise },
  });
  let latents: Tensor | undefined;
  const steps = denoise(unet, {
    stepInputs: prepared.stepInputs,
    files: filesOf(base, "unet"),
    sampler,
    noise,
    start,
    callInputs: controls?.callInputs,
    guidance: reads?.guidance ? 1 : guidance,
    guidanceInterval: settings.guidanceInterval,
    guidanceRescale: settings.guidanceRescale,
    shallow,
    deepEvery,
    inputsAt: async (at) => {
      form = await prepared.stepAt(at);
      return form.inputs;
    },
    programsAt: () => programsOf(withControls(form!)),
    guide: prepared.guide,
    stepNoise: (i) => gaussianNoise(seed + (i + 1) * 2 ** 32, cells),
    signal,
  });
  for await (const step of steps) {
    latents = step.latents;
    if (options.trace) {
      const sites = crossSites(base.places(latent));
      const explains = form!.active.map((i) => adapters[i]!)
        .find(({ explain }) => explain !== undefined);
      const entries = explains?.explain?.(step, sites) ??
        plainTrace(step.step, sites);
      const files = filesOf(base, "unet");
      for (const { path, text: data } of entries) {
        checkFinite({ data }, { stage: `trace of ${path}`, files });
      }
      trace.push(...entries);
    }
    yield shown(step, previewOf(step.clean));
  }
  return await picture(latents!);
}

/** Doubts about models of few steps, by their names or that of a UNet in the place of their own. */
function fewStepDoubts(
  { name, parts, schedule }: LoadedModel,
  { sampler, steps, guidance }: RunSettings,
): string[] {
  const { base, loras = [] } = parts;
  const paths = loras.map(({ path }) => path);
  const { spacing = schedule.timestepSpacing } = typeof sampler === "string"
    ? {}
    : sampler;
  return fewStepWarnings(
    [fewStepsOf(name) ? name : filesOf(base, "unet"), ...paths],
    { sampler, steps, guidance, trailing: spacing === "trailing" },
    !base.reads?.guidance,
  );
}

/** Without an adapter everything comes from the text. */
function plainTrace(
  step: number,
  sites: readonly AttentionSite[],
): TraceEntry[] {
  return sites.map(({ layer, path, size }) => {
    const text = new Float32Array(size.height * size.width).fill(1);
    const composite = text.map(() => 0);
    return { step, layer, path, size, text, composite, instances: [] };
  });
}

/** Prepares a scene; encoders that take much memory are freed as soon as no run needs them. */
async function prepareOnce(
  model: LoadedModel,
  scene: Parameters<typeof prepareScene>[1],
  options: PrepareSceneOptions,
  stepRunners: RunnerUse,
): Promise<PreparedScene> {
  try {
    await using runners = model.runners.open();
    const preparing = preparingModel(model, runners, stepRunners);
    return await prepareScene(preparing, scene, options);
  } finally {
    await model.runners.releaseEncoders(releaseAbove);
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

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

function checkScene(scene: SceneData, model: LoadedModel): void {
  const { adapters } = model.parts;
  const read = adapters.some(({ reads }) => reads.includes("instances"));
  if (scene.instances.length === 0 || read) return;
  throw new LocRefError(
    "scene-invalid",
    `Model "${model.name}" has no adapter${
      adapters.length > 0 ? " that reads references" : ""
    }, so the scene's ${scene.instances.length} references cannot be used: load it with { adapter }`,
  );
}

/** Whether a model's name is a path of this machine. */
function isLocal({ name }: LoadedModel): boolean {
  return name !== "pocket" && (isAbsolute(name) || existsSync(name));
}
