import { joinBranches } from "../../adapters/locref/key_values.ts";
import { boxCoverage, regionCoverage } from "../../masks/coverage.ts";
import type { Values } from "../../ops/executor.ts";
import type { Size } from "../../core/geometry.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { attentionSizes } from "../../bases/sd/cross_attention_layers.ts";
import { sizeKey } from "../../core/size_key.ts";
import { referenceInputs } from "../../adapters/locref/locref_graph.ts";
import { textInputs } from "../../bases/sd/unet_program.ts";
import type { LayoutSettings } from "../../adapters/locref/layout_settings.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import { maskInputs } from "../../adapters/locref/mask_inputs.ts";
import type { SeededRegion } from "../noise.ts";
import { prepareReferences } from "./prepare_references.ts";
import { prepareText } from "./prepare_text.ts";
import type { InstancePictures } from "./read_instances.ts";
import type { RunnerUse } from "../runners.ts";

/** Everything of a scene that does not change between steps. */
export interface PreparedScene {
  /** Inputs of the UNet at step `i` of `steps`, but for sample and time. */
  inputsAt(i: number, steps: number): Values<Tensor>;
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
  settings: LayoutSettings;
}

/** What of a model a scene is prepared with. */
export type PreparingModel =
  & Pick<LoadedModel, "parts" | "tokenizer" | "latentFactor" | "warnings">
  & { readonly runners: RunnerUse };

/** A model with the programs of one user. */
export function preparingModel(
  { parts, tokenizer, latentFactor, warnings }: LoadedModel,
  runners: RunnerUse,
): PreparingModel {
  return { parts, tokenizer, latentFactor, warnings, runners };
}

/** Computes text, composite image, references and masks of a scene once, before the first step. */
export async function prepareScene(
  model: PreparingModel,
  scene: { data: SceneData; pictures: readonly InstancePictures[] },
  options: PrepareSceneOptions,
): Promise<PreparedScene> {
  const { data, pictures } = scene;
  const { guided, size } = options;
  const latent = latentSize(model, size);
  const text = await prepareText(model, data, { guided });
  const fixed: Record<string, Tensor> = {
    ...textInputs(text.keyValues),
  };
  const masks = maskSource(
    model,
    { data, pictures, captioned: text.captioned },
    options,
  );
  if (model.parts.adapter) {
    const { ci, ri } = await prepareReferences(model, scene, { size, guided });
    Object.assign(fixed, referenceInputs(joinBranches(ci, ri)));
  }
  return {
    inputsAt: (i, steps) =>
      model.parts.adapter ? { ...fixed, ...masks(i, steps) } : fixed,
    captions: text.captioned.length > 0 && model.parts.adapter !== undefined,
    seeded: data.instances.flatMap(({ seed }, i) =>
      seed === undefined
        ? []
        : [{ seed, coverage: coverageOf(data, pictures, i, latent) }]
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

function coverageOf(
  data: SceneData,
  pictures: readonly InstancePictures[],
  index: number,
  size: Size,
): Float32Array {
  const region = pictures[index]!.region;
  return region
    ? regionCoverage(region, size)
    : boxCoverage(data.instances[index]!.box, size);
}

/** Mask inputs by step; they change only when a reference begins or ends to act. */
function maskSource(
  model: PreparingModel,
  scene: {
    data: SceneData;
    pictures: readonly InstancePictures[];
    captioned: readonly number[];
  },
  options: PrepareSceneOptions,
): (i: number, steps: number) => Values<Tensor> {
  const { data, pictures, captioned } = scene;
  const { instances } = data;
  const sizes = attentionSizes(
    model.parts.base.unet.config,
    latentSize(model, options.size),
  );
  const coverages = new Map(sizes.map((size) => [
    sizeKey(size),
    instances.map((_, i) => coverageOf(data, pictures, i, size)),
  ]));
  const depths = instances.map(({ z }) => z);
  const known = new Map<string, Values<Tensor>>();
  return (i, steps) => {
    const at = i / steps;
    const scales = instances.map(({ scale, start, end }) =>
      at >= start && at < end ? scale : 0
    );
    const key = scales.join();
    if (!known.has(key)) {
      const masked = { coverages, scales, depths, captioned };
      known.set(key, maskInputs(sizes, masked, options.settings));
    }
    return known.get(key)!;
  };
}
