import type {
  AdapterRun,
  AdapterScene,
  PreparedAdapter,
} from "../../adapters/adapter.ts";
import { filesOf } from "../../bases/part_files.ts";
import { opaque } from "../../images/cut_out.ts";
import { resizeRaster } from "../../images/resize.ts";
import type { Size } from "../../core/geometry.ts";
import type { NoiseSchedule } from "../../ddim/noise_schedule.ts";
import type { SamplerPlan } from "../../ddim/sampler.ts";
import { modelPrograms } from "../load/model_programs.ts";
import type { ConditionOptions } from "../options/condition_options.ts";
import { encodePicture, picturePlanes } from "../start/encode_picture.ts";
import { captionReading } from "./prepare_text.ts";
import type { PreparingModel } from "./preparing_model.ts";
import { latentSize } from "./render_size.ts";

/** Options of preparing a scene. */
export interface PrepareSceneOptions {
  /** Size of the picture, in pixels. */
  size: Size;
  /** Whether the batch begins with the unconditional branch. */
  guided: boolean;
  /** Guidance scale. */
  guidance: number;
  /** Second texts, layers left out, and sizes. @default {none} */
  conditions?: ConditionOptions;
  /** Settings of the run in place of the adapters' own, by kind of adapter. */
  settings: Readonly<Record<string, object>>;
  /** The sampler's run, laid out. */
  plan: SamplerPlan;
  /** The model's noise schedule. */
  schedule: NoiseSchedule;
}

/** Prepares every adapter of a model for a scene, in their order. */
export async function prepareAdapters(
  model: PreparingModel,
  scene: AdapterScene,
  options: PrepareSceneOptions,
): Promise<PreparedAdapter[]> {
  const { base, adapters } = model.parts;
  const { size, guided, guidance, plan, schedule, conditions = {} } = options;
  const latent = latentSize(model, size);
  const programs = modelPrograms(model.parts, { size: latent });
  const shared = {
    ...{ base, size, latent, guided, guidance, plan, schedule },
    reading: captionReading(conditions),
    ...denoisersOf(model, latent, size),
  };
  const prepared: PreparedAdapter[] = [];
  for (const [i, adapter] of adapters.entries()) {
    const nameOf = (name: string) =>
      programs.find((one) => one.owner === i && one.ownName === name)?.name ??
        name;
    const run: AdapterRun = {
      ...shared,
      settings: { ...adapter.settings, ...options.settings[adapter.kind] },
      program: (name) => model.runners.program(nameOf(name), latent),
      stepProgram: (name) => model.stepRunners.program(nameOf(name), latent),
      encodeText: (texts) => base.encodeText(texts, model.runners),
    };
    prepared.push(await adapter.prepare(scene, run));
  }
  return prepared;
}

/** The denoiser with graphs of an adapter's own, and losses over it. */
function denoisersOf(
  { parts, runners, stepRunners }: PreparingModel,
  size: Size,
  picture: Size,
): Pick<
  AdapterRun,
  "denoiser" | "stepDenoiser" | "gradient" | "encodePicture"
> {
  return {
    denoiser: (form) =>
      modelPrograms(parts, { ...form, size })
        .find(({ name }) => name === "unet")!,
    stepDenoiser: (form) => stepRunners.unet({ ...form, size }),
    gradient: (program, options) => stepRunners.gradient(program, options),
    encodePicture: async (raster) => {
      const fitted = await resizeRaster(opaque(raster), picture, {
        fit: "cover",
      });
      const encoder = await runners.vaeEncoder(size);
      return await encodePicture(encoder, picturePlanes(fitted), {
        latent: parts.base.latent,
        files: filesOf(parts.base, "vae_encoder"),
      });
    },
  };
}
