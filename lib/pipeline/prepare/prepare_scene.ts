import { instanceCoverage } from "../../masks/instance_coverage.ts";
import type { Values } from "../../ops/executor.ts";
import type { Size } from "../../core/geometry.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { textInputs } from "../../bases/text_inputs.ts";
import type { FusionSettings } from "../../adapters/locref/fusion_settings.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import type { SeededRegion } from "../noise.ts";
import type { PreparingModel } from "./preparing_model.ts";
import { prepareText } from "./prepare_text.ts";
import type { InstancePictures } from "../../images/instance_pictures.ts";

/** Everything of a scene that does not change between steps. */
export interface PreparedScene {
  /** Inputs of the UNet at step `i` of `steps`, but for sample and time. */
  inputsAt(i: number, steps: number): Values<Tensor>;
  /** Inputs of the UNet beside them, for a batch of timesteps. */
  stepInputs(timesteps: readonly number[]): Values<Tensor>;
  /** Whether the UNet program must take captions of instances. */
  readonly captions: boolean;
  /** Instances with noise of their own. */
  readonly seeded: readonly SeededRegion[];
  readonly warnings: readonly string[];
}

/** Options of {@linkcode prepareScene}. */
export interface PrepareSceneOptions {
  /** Size of the picture, in pixels. */
  size: Size;
  /** Whether the batch begins with the unconditional branch. */
  guided: boolean;
  /** Guidance scale. */
  guidance: number;
  settings: FusionSettings;
}

/** Computes text, composite image, references and masks of a scene once, before the first step. */
export async function prepareScene(
  model: PreparingModel,
  scene: { data: SceneData; pictures: readonly InstancePictures[] },
  options: PrepareSceneOptions,
): Promise<PreparedScene> {
  const { data, pictures } = scene;
  const { guided, guidance, size } = options;
  const latent = latentSize(model, size);
  const text = await prepareText(model, data, { guided });
  const fixed = textInputs(text.keyValues);
  const { adapter, base, imageEncoder } = model.parts;
  const own = adapter && imageEncoder && await adapter.prepare(
    { data, pictures, captioned: text.captioned },
    {
      base,
      imageEncoder,
      size,
      latent,
      guided,
      settings: options.settings,
      program: (name) => model.runners.program(name),
    },
  );
  return {
    inputsAt: (i, steps) => own ? { ...fixed, ...own(i, steps) } : fixed,
    stepInputs: base.stepInputs(text.steps, { size, guidance }),
    captions: text.captioned.length > 0 && model.parts.adapter !== undefined,
    seeded: data.instances.flatMap(({ seed }, i) =>
      seed === undefined
        ? []
        : [{ seed, coverage: instanceCoverage(data, pictures, i, latent) }]
    ),
    warnings: [...model.warnings, ...text.warnings],
  };
}

/** Height and width of the latents of a picture of `size`. */
export function latentSize(
  model: Pick<LoadedModel, "latentFactor">,
  size: Size,
): Size {
  const { latentFactor: factor } = model;
  return { height: size.height / factor, width: size.width / factor };
}
