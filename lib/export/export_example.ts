/** The example of an exported model: one scene, prepared. */

import { join } from "node:path";
import type { SamplerPlan } from "../ddim/sampler.ts";
import { chooseSampler, planRun } from "../ddim/samplers.ts";
import { LocRefError } from "../core/error.ts";
import type { Size } from "../core/geometry.ts";
import type { Tensor } from "../core/tensor.ts";
import type { SourceAccess } from "../images/read_source.ts";
import { mapSources } from "../scene_data/sources.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { writeSafetensors } from "../weights/safetensors/write_safetensors.ts";
import { fixedInputs, stepCoefficients, timeInputs } from "./example_inputs.ts";
import type { FusionSettings } from "../adapters/locref/fusion_settings.ts";
import type { LoadedModel } from "../pipeline/load/loaded_model.ts";
import type { RunnerUse } from "../pipeline/programs/runner_use.ts";
import { sceneNoise } from "../pipeline/noise.ts";
import { portableSource } from "../pipeline/provenance/portable_provenance.ts";
import {
  type PreparedScene,
  prepareScene,
} from "../pipeline/prepare/prepare_scene.ts";
import { preparingModel } from "../pipeline/prepare/preparing_model.ts";
import type { SceneOrigin } from "../pipeline/provenance/scene_origin.ts";
import { openInstanceLoras } from "../pipeline/prepare/instance_loras.ts";
import { readInstances } from "../pipeline/prepare/read_instances.ts";
import { latentSize } from "../pipeline/prepare/render_size.ts";
import { floats } from "../core/tensor_rows.ts";

/** One scene, prepared: all inputs of the UNet that do not change between steps. */
export interface ExportExample {
  /** Safetensors file with the inputs, the noise and the time of each step. */
  readonly file: string;
  readonly scene: SceneData;
  readonly seed: number;
  readonly guidance: number;
  /** Divisor of latents before the VAE decodes them. */
  readonly latentScale: number;
  /** For each step of DDIM a and b of `x ← a·x + b·prediction`. */
  readonly steps: readonly (readonly [number, number])[];
}

/** A scene to prepare as the example of an exported model. */
interface ExampleOptions {
  readonly scene: SceneData;
  /** Size of the picture, in pixels. */
  readonly size: Size;
  readonly origin?: SceneOrigin;
  readonly steps?: number;
  readonly guidance?: number;
  readonly seed?: number;
}

/**
 * Prepares a scene and writes the inputs of its UNet into `folder`.
 *
 * @throws {LocRefError} `scene-invalid` or `config-invalid` if the page cannot run it.
 */
export async function writeExample(
  model: LoadedModel,
  folder: string,
  options: ExampleOptions,
): Promise<{ captions: boolean; example: ExportExample }> {
  const { scene, size, seed = 0 } = options;
  const { steps = model.defaults.steps, guidance = model.defaults.guidance } =
    options;
  checkExample(model, scene);
  const sampler = planRun(model.schedule, chooseSampler("ddim"), steps);
  await using runners = model.runners.open();
  const prepared = await prepareExample(model, runners, {
    ...{ scene, size, guidance, plan: sampler },
    access: options.origin?.access,
  });
  const { latent } = model.parts.base;
  const cells = latentSize(model, size);
  const noise = sceneNoise(seed, latent.channels, cells, prepared.seeded);
  const tensors = new Map<string, Tensor>(
    Object.entries(await fixedInputs(prepared, noise, sampler)),
  );
  tensors.set("noise", noise);
  for (const [name, value] of timeInputs(prepared, sampler)) {
    tensors.set(name, value);
  }
  const file = "example.safetensors";
  await writeSafetensors(
    join(folder, file),
    new Map([...tensors].map(([name, one]) => [
      name,
      { shape: one.shape, data: floats(one) },
    ])),
  );
  return {
    captions: prepared.form.captions,
    example: {
      file,
      scene: mapSources(
        scene,
        (source) =>
          source.startsWith("data:") ? source : portableSource(source),
      ),
      seed,
      guidance,
      latentScale: latent.scale,
      steps: stepCoefficients(sampler),
    },
  };
}

/** A scene, prepared for a run under guidance. */
async function prepareExample(
  model: LoadedModel,
  runners: RunnerUse,
  { scene, access, ...run }: {
    readonly access?: SourceAccess;
    readonly scene: SceneData;
    readonly size: Size;
    readonly guidance: number;
    readonly plan: SamplerPlan;
  },
): Promise<PreparedScene> {
  return await prepareScene(preparingModel(model, runners, runners), {
    data: scene,
    pictures: await readInstances(scene, { access }),
    loras: await openInstanceLoras(scene, model.parts, { access }),
  }, {
    ...{ ...run, guided: true, schedule: model.schedule },
    settings: { locref: layoutOf(model, scene) },
  });
}

function layoutOf(model: LoadedModel, scene: SceneData): FusionSettings {
  const { overlap } = scene;
  return overlap ? { ...model.fusion, overlap } : model.fusion;
}

function checkExample(model: LoadedModel, scene: SceneData): void {
  if (model.schedule.clipRange !== undefined) {
    throw new LocRefError(
      "config-invalid",
      "The model's scheduler config clips samples (clip_sample), which the exported page does not do",
    );
  }
  if (scene.instances.length > 0 && model.parts.adapters.length === 0) {
    throw new LocRefError(
      "scene-invalid",
      `Model "${model.name}" has no adapter, so the scene's references cannot be used`,
    );
  }
  const partial = scene.instances.findIndex(({ start, end }) =>
    start > 0 || end < 1
  );
  if (partial < 0) return;
  throw new LocRefError(
    "scene-invalid",
    `Instance ${partial + 1} acts from ${scene.instances[partial]!.start} to ${
      scene.instances[partial]!.end
    } of the steps, but the exported example has the same inputs at every step`,
  );
}
