import { locrefGraph } from "../adapters/locref/locref_graph.ts";
import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { planRun } from "../ddim/samplers.ts";
import { LocRefError } from "../core/error.ts";
import { rasterFromPlanes } from "../images/raster.ts";
import type { Size } from "../core/geometry.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { originWarnings, type SceneOrigin } from "./provenance/scene_origin.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { isChoice, isSeveral } from "./options/choice_options.ts";
import { denoise, type DenoiseStep } from "./denoise.ts";
import { checkGenerateOptions } from "./options/check_generate_options.ts";
import { drawSeed, type Seeded } from "./draw_seed.ts";
import {
  chosenSampler,
  type GenerateOptions,
  type SeveralOptions,
} from "./options/generate_options.ts";
import { checkFinite } from "../core/finite.ts";
import { LocRef } from "./locref.ts";
import { gaussianNoise, sceneNoise } from "./noise.ts";
import { AttentionTrace } from "./attention_trace.ts";
import type { TraceEntry } from "../adapters/locref/trace_entry.ts";
import { traceStep } from "../adapters/locref/trace_step.ts";
import { Picture } from "./picture.ts";
import {
  latentSize,
  type PreparedScene,
  prepareScene,
  type PrepareSceneOptions,
  preparingModel,
} from "./prepare/prepare_scene.ts";
import { modelWarning } from "./provenance/model_warning.ts";
import {
  hashModel,
  hashSources,
  type Provenance,
} from "./provenance/provenance.ts";
import { readInstances } from "./prepare/read_instances.ts";
import { renderSize, sizeWarnings } from "./prepare/render_size.ts";
import { floats } from "../core/tensor_rows.ts";

/** One step of a run, after it was taken. */
export interface GenerationStep {
  /** Steps taken so far, from 1. */
  readonly step: number;
  /** Steps in all. */
  readonly of: number;
  /** Training timestep that the model was asked about, falling from about 1000 to 0. */
  readonly timestep: number;
  /** Decodes the picture that the model has in mind at this step. */
  preview(): Promise<Picture>;
}

/** Encoders whose weights take more than this many bytes are freed before the first step. */
const releaseAbove = 256 * 2 ** 20;

/**
 * Makes a picture of `scene`, giving a word after every step; the picture is the generator's return
 * value.
 *
 * @throws {LocRefError | RangeError} before the first step, if scene, options or model are wrong.
 */
export async function* generateSteps(
  scene: SceneData,
  options: GenerateOptions = {},
  origin: SceneOrigin = {},
): AsyncGenerator<GenerationStep, Picture> {
  checkGenerateOptions(options, "steps");
  if (isChoice(options) || isSeveral(options)) {
    throw new TypeError(
      "Options n, keep, until, tries and rulers choose among pictures: there are steps of one picture only, use generate",
    );
  }
  if (options.onStep !== undefined) {
    throw new TypeError(
      "Option onStep is for generate: steps() itself yields after every step",
    );
  }
  options.signal?.throwIfAborted();
  const seeded = drawSeed(options);
  const { model = "pocket" } = options;
  if (model instanceof LocRef) {
    return yield* run(scene, { ...seeded, model, origin });
  }
  const own = await LocRef.load(model, {
    backend: options.backend,
    signal: options.signal,
  });
  try {
    return yield* run(scene, { ...seeded, model: own, origin });
  } finally {
    await own.dispose();
  }
}

/** Makes `n` pictures of `scene`, on one model. */
export function generate(
  scene: SceneData,
  options: SeveralOptions,
  origin?: SceneOrigin,
): Promise<Picture[]>;
/**
 * Makes a picture of `scene`: {@linkcode generateSteps} run to its end; or several, of which it
 * returns the best.
 */
export function generate(
  scene: SceneData,
  options?: GenerateOptions,
  origin?: SceneOrigin,
): Promise<Picture>;
export async function generate(
  scene: SceneData,
  options: GenerateOptions | SeveralOptions = {},
  origin: SceneOrigin = {},
): Promise<Picture | Picture[]> {
  checkGenerateOptions(options);
  if (isSeveral(options)) return await several(scene, options, origin);
  if (isChoice(options)) {
    const { generateChosen } = await import("../scoring/generate_chosen.ts");
    return await generateChosen(scene, options, origin);
  }
  const { onStep, ...rest } = options;
  const steps = generateSteps(scene, rest, origin);
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
      await onStep?.(value);
    }
  } finally {
    // A run that onStep stopped still holds memory.
    await steps.return(undefined as never);
  }
}

async function several(
  scene: SceneData,
  options: GenerateOptions,
  origin: SceneOrigin,
): Promise<Picture[]> {
  const { n = 1, seed = 0, model = "pocket", ...rest } = drawSeed(options);
  if (!(model instanceof LocRef)) {
    const { backend, signal } = options;
    await using own = await LocRef.load(model, { backend, signal });
    return await several(scene, { ...options, seed, model: own }, origin);
  }
  const pictures: Picture[] = [];
  for (let i = 0; i < n; i++) {
    const one = { ...rest, model, seed: seed + i };
    pictures.push(await generate(scene, one, origin));
  }
  return pictures;
}

/** Options of a run on a loaded model. */
type RunOptions = Seeded & {
  readonly model: LocRef;
  readonly origin: SceneOrigin;
};

async function* run(
  scene: SceneData,
  options: RunOptions,
): AsyncGenerator<GenerationStep, Picture> {
  const { folder, matting, limits, signal, model, origin } = options;
  await using runners = model.runners.open();
  const { access } = origin;
  const settings = resolveSettings(scene, options, model);
  const { size, guidance, seed } = settings;
  checkScene(scene, model);
  const sampler = planRun(
    model.schedule,
    chosenSampler(options),
    settings.steps,
  );
  const pictures = await readInstances(scene, {
    folder,
    matting,
    limits,
    access,
    is: options.layout?.is,
    canvas: size,
  });
  const guided = guidance > 1;
  const layout = {
    ...model.layout,
    ...(scene.overlap ? { overlap: scene.overlap } : {}),
    ...settings.layout,
  };
  const prepared = await prepareOnce(model, { data: scene, pictures }, {
    size,
    guided,
    settings: layout,
  });
  const warnings = [
    ...new Set([
      ...originWarnings(origin, scene),
      ...sizeWarnings(size, scene, model),
      ...pictures.flatMap((one) => one.warnings),
      ...prepared.warnings,
    ]),
  ];
  const latent = latentSize(model, size);
  const form = {
    size: latent,
    adapters: model.parts.adapter
      ? [locrefGraph({ captions: prepared.captions })]
      : [],
    captions: prepared.captions,
    trace: options.trace,
  };
  const { deepEvery = 1 } = settings;
  const unet = await runners.unet({
    ...form,
    deep: deepEvery > 1 ? "keep" : undefined,
  });
  const shallow = deepEvery > 1
    ? await runners.unet({ ...form, deep: "reuse" })
    : undefined;
  const trace: TraceEntry[] = [];
  // Hashing gigabytes of weights can wait until there is a picture to sign.
  const hashes = await hashSources(scene, { folder, limits, access });
  const provenance = once(() =>
    makeProvenance(scene, { settings, hashes, model })
  );
  const picture = async (latents: Tensor) => {
    const raster = await decode(model, latents, latent);
    const seen = options.trace
      ? new AttentionTrace(scene, [...trace], raster)
      : undefined;
    const made = await provenance();
    const doubt = modelWarning(origin.model, made.model);
    return new Picture(raster, made, doubt ? [...warnings, doubt] : warnings, {
      trace: seen,
      place: { home: origin.home, folder, localModel: isLocal(model) },
    });
  };
  const channels = model.parts.base.unet.config.in_channels;
  const cells = channels * latent.height * latent.width;
  let latents: Tensor | undefined;
  const steps = denoise(unet, {
    config: model.parts.base.unet.config,
    files: model.parts.base.unet.folder,
    sampler,
    noise: tensor(
      [1, channels, latent.height, latent.width],
      sceneNoise(seed, channels, latent, prepared.seeded),
    ),
    guidance,
    guidanceInterval: settings.guidanceInterval,
    shallow,
    deepEvery,
    inputsAt: (i) => prepared.inputsAt(i, sampler.steps),
    stepNoise: (i) => gaussianNoise(seed + (i + 1) * 2 ** 32, cells),
    signal,
  });
  for await (const step of steps) {
    latents = step.latents;
    if (options.trace) {
      const { config } = model.parts.base.unet;
      const entries = traceStep(step, config, latent);
      const { folder: files } = model.parts.base.unet;
      for (const { path, text: data } of entries) {
        checkFinite({ data }, { stage: `trace of ${path}`, files });
      }
      trace.push(...entries);
    }
    yield { ...progress(step), preview: () => picture(step.clean()) };
  }
  return await picture(latents!);
}

/** Prepares a scene; encoders that take much memory are freed as soon as no run needs them. */
async function prepareOnce(
  model: LocRef,
  scene: Parameters<typeof prepareScene>[1],
  options: PrepareSceneOptions,
): Promise<PreparedScene> {
  try {
    await using runners = model.runners.open();
    return await prepareScene(preparingModel(model, runners), scene, options);
  } finally {
    await model.runners.releaseEncoders(releaseAbove);
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function progress(
  { step, of, timestep }: DenoiseStep,
): Omit<GenerationStep, "preview"> {
  return { step, of, timestep };
}

type Settings = Pick<
  Provenance,
  | "seed"
  | "steps"
  | "guidance"
  | "guidanceInterval"
  | "deepEvery"
  | "sampler"
  | "eta"
  | "size"
  | "layout"
>;

function resolveSettings(
  scene: SceneData,
  options: Seeded,
  model: LocRef,
): Settings {
  const { guidanceInterval, deepEvery } = options;
  return {
    ...withoutUndefined({ guidanceInterval, deepEvery }),
    seed: options.seed ?? 0,
    steps: options.steps ?? model.defaults.steps,
    guidance: options.guidance ?? model.defaults.guidance,
    ...samplerSettings(options),
    size: renderSize(model, scene, options.size),
    layout: withoutUndefined(options.layout),
  };
}

function samplerSettings(
  options: GenerateOptions,
): Pick<Settings, "sampler" | "eta"> {
  const { kind, options: given } = chosenSampler(options);
  return {
    sampler: options.sampler ?? "ddim",
    eta: { ...kind.defaults, ...given }.eta ?? 0,
  };
}

function withoutUndefined<V extends object>(value: V | undefined): V {
  const entries = Object.entries(value ?? {}).filter(([, entry]) =>
    entry !== undefined
  );
  return Object.fromEntries(entries) as V;
}

function checkScene(scene: SceneData, model: LocRef): void {
  if (scene.instances.length === 0 || model.parts.adapter) return;
  throw new LocRefError(
    "scene-invalid",
    `Model "${model.name}" has no adapter, so the scene's ${scene.instances.length} references cannot be used: load it with { adapter }`,
  );
}

const modelHashes = new WeakMap<LocRef, Promise<Record<string, string>>>();

async function makeProvenance(
  scene: SceneData,
  made: {
    settings: Settings;
    hashes: Awaited<ReturnType<typeof hashSources>>;
    model: LocRef;
  },
): Promise<Provenance> {
  const { settings, hashes, model } = made;
  if (!modelHashes.has(model)) modelHashes.set(model, hashModel(model.parts));
  return {
    version: 1,
    scene,
    ...settings,
    model: { name: model.name, files: await modelHashes.get(model)! },
    backend: `${model.backend.name}${model.backend.int8 ? " (int8)" : ""}`,
    ...hashes,
  };
}

/** Whether a model's name is a path of this machine. */
function isLocal({ name }: LocRef): boolean {
  return name !== "pocket" && (isAbsolute(name) || existsSync(name));
}

async function decode(model: LocRef, latents: Tensor, size: Size) {
  const { scaling_factor: factor } = model.parts.base.vae.config;
  const { folder: files } = model.parts.base.unet;
  checkFinite(latents, { stage: "sampler (its clean latents)", files });
  await using runners = model.runners.open();
  const decoder = await runners.vaeDecoder(size);
  const latent = tensor(
    latents.shape,
    floats(latents).map((value) => value / factor),
  );
  const { picture } = await decoder.run({ latent });
  const { folder } = model.parts.base.vae;
  checkFinite(picture!, { stage: "VAE's decoder", files: folder });
  const [, , height, width] = picture!.shape;
  const planes = floats(picture!).map((value) => value / 2 + 0.5);
  return rasterFromPlanes(planes, width!, height!);
}
