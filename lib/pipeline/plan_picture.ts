import { sceneWarnings } from "./prepare/scene_warnings.ts";
import { originWarnings } from "./provenance/scene_origin.ts";
import { attentionSizes } from "../bases/places.ts";
import { filesOf } from "../bases/part_files.ts";
import type { Size } from "../core/geometry.ts";
import type { SamplerPlan } from "../ddim/sampler.ts";
import { planRun } from "../ddim/samplers.ts";
import type { InstancePictures } from "../images/instance_pictures.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { controlWarnings } from "./controls/control_warnings.ts";
import type { ControlUnit } from "./controls/control_unit.ts";
import { openControls } from "./controls/open_controls.ts";
import { drawSeed, type Seeded } from "./draw_seed.ts";
import {
  fewStepWarnings,
  recipeWarnings,
  singleStepWarnings,
} from "./few_step_warnings.ts";
import type { LoadedModel } from "./load/loaded_model.ts";
import {
  chosenSampler,
  type PictureOptions,
} from "./options/picture_options.ts";
import { withRecipe } from "./options/recipes.ts";
import {
  type OpenInstanceLora,
  openInstanceLoras,
} from "./prepare/instance_loras.ts";
import type { PrepareSceneOptions } from "./prepare/prepare_adapters.ts";
import { type PreparedScene, prepareScene } from "./prepare/prepare_scene.ts";
import { preparingModel } from "./prepare/preparing_model.ts";
import { readInstances } from "./prepare/read_instances.ts";
import { latentSize, sizeWarnings } from "./prepare/render_size.ts";
import type { SceneOnModel } from "./remake.ts";
import { type RunSettings, runSettings } from "./run_settings.ts";
import type { RunnerUse } from "./programs/runner_use.ts";
import { fewStepsOf } from "../weights/identify/few_steps.ts";
import { cutPart, editedPart, seenScene } from "./start/edited_part.ts";
import { type PaintedPart, paintedPart } from "./start/painted_part.ts";
import { startWarnings } from "./start/start_warnings.ts";
import { readStyle } from "./start/read_style.ts";
import { type ReadStart, readStart } from "./start/read_start.ts";
import { checkFit } from "./check_fit.ts";
import { negativeWarnings } from "./negative_warnings.ts";

/**
 * Encoders whose weights take more than this many bytes are freed after one picture, and controls
 * where a picture does without them.
 */
const releaseAbove = 256 * 2 ** 20;

/** Everything about a picture that is known before its first step. */
export interface PlannedPicture {
  readonly options: Seeded;
  readonly settings: RunSettings;
  readonly sampler: SamplerPlan;
  /** Height and width of the latents. */
  readonly latent: Size;
  /** The scene as the model sees it, which may be a part of the whole. */
  readonly seen: SceneData;
  readonly pictures: readonly InstancePictures[];
  readonly prepared: PreparedScene;
  /** The photograph that the picture begins on. */
  readonly begun?: ReadStart;
  /** The part of it that is painted. */
  readonly part?: PaintedPart;
  readonly units: readonly ControlUnit[];
  /** LoRAs of single instances, by the instance's index. */
  readonly loras: ReadonlyMap<number, OpenInstanceLora>;
  readonly warnings: readonly string[];
}

/**
 * Checks a scene and its options against a model, reads its pictures, and computes what does not
 * change between steps.
 *
 * @throws {LocRefError | RangeError} if scene, options and model do not fit together.
 */
export async function planPicture(
  on: Required<SceneOnModel>,
  asked: PictureOptions,
  runners: RunnerUse,
): Promise<PlannedPicture> {
  const { scene, model, origin } = on;
  const checked = await checkedSettings(on, asked);
  const { options, reading, begun, edit, shaped, settings, sampler } = checked;
  const { signal, matting } = options;
  const { size, fusion: { is } } = settings;
  const place = { folder: reading.folder, access: reading.access, signal };
  const loras = await openInstanceLoras(scene, model.parts, place);
  const read = { ...reading, matting, is, canvas: size };
  const allPictures = await readInstances(scene, read);
  const part = begun && edit && await paintedPart(begun, edit.area, size);
  const latent = latentSize(model, size);
  const inside = seenScene(scene, allPictures, { begun, edit });
  const { seen, pictures, seenLoras } = inside;
  const units = await openOnlyControls(seen, {
    ...{ ...reading, model, pictures, size, mask: begun?.mask },
    shape: shaped.size ?? size,
    part: begun && cutPart(begun, edit),
    numbers: inside.controls,
  });
  const ground = begun?.init.instances ? part?.picture : undefined;
  const style = await readStyle(scene, reading);
  const looked = { data: seen, pictures, ground, style };
  const prepared = await prepareOnce(
    model,
    { ...looked, loras: seenLoras(loras) },
    prepareOptions(scene, { settings, model, plan: sampler }),
    runners,
  );
  const plan = {
    ...{ options, settings, sampler, latent, seen, pictures, prepared },
    ...{ begun, part, units, loras },
  };
  const warnings = new Set([
    ...originWarnings(origin, scene),
    ...sizeWarnings(size, shaped, model, edit?.named(scene)),
    ...inside.warnings,
    ...planWarnings(plan, model),
  ]);
  return { ...plan, warnings: [...warnings] };
}

/** Scene and options checked against a model, once the photograph that sets the size is read. */
async function checkedSettings(
  { scene, model, origin: { access } }: Required<SceneOnModel>,
  asked: PictureOptions,
) {
  const { reads } = model.parts.base;
  const options = drawSeed(withRecipe(asked, reads?.guidance));
  const { folder, limits } = options;
  const reading = { folder, limits, access };
  const begun = await readStart(scene, reading);
  const edit = begun && editedPart(begun, model);
  const shaped = { ...scene, size: edit?.shape(scene) ?? scene.size };
  const settings = runSettings(shaped, options, model);
  checkFit(scene, options, model);
  const chosen = chosenSampler({ ...options, sampler: settings.sampler });
  const sampler = planRun(model.schedule, chosen, settings.steps);
  return { options, reading, begun, edit, shaped, settings, sampler };
}

/** Opens the controls of a scene, and frees those that earlier pictures had. */
async function openOnlyControls(
  scene: SceneData,
  options: Parameters<typeof openControls>[1],
): Promise<ControlUnit[]> {
  const units = await openControls(scene, options);
  const ids = units.map(({ id }) => id);
  await options.model.runners.releaseControls(ids, releaseAbove);
  return units;
}

/** Doubts about a plan on its model: where it begins, its scene, its steps. */
function planWarnings(
  plan: Omit<PlannedPicture, "warnings">,
  model: LoadedModel,
): string[] {
  const { seen, pictures, settings, options, sampler } = plan;
  const { matting, recipe } = options;
  const { size: picture, fusion: { is } } = settings;
  const cells = attentionSizes(model.parts.base.places(plan.latent));
  return [
    ...editWarnings({ ...plan, plan: sampler }),
    ...sceneWarnings(seen, pictures, { picture, cells }, { is, matting }),
    ...fewStepDoubts(model, settings, recipe),
    ...negativeWarnings(
      { negative: seen.negative, negativeTwo: settings.negativeTwo },
      {
        guidance: settings.guidance,
        embedded: model.parts.base.reads?.guidance ?? false,
      },
    ),
    ...singleStepWarnings(sampler),
    ...plan.prepared.warnings,
  ];
}

/** Doubts about the picture that a run begins on, and about its controls. */
function editWarnings(
  { begun, part, latent, plan, units }:
    & Pick<PlannedPicture, "begun" | "part" | "latent" | "units">
    & { plan: SamplerPlan },
): string[] {
  const started = begun && part
    ? startWarnings({ ...begun, part, latent, steps: plan.steps })
    : [];
  return [
    ...started,
    ...units.flatMap((unit) => controlWarnings(unit, { begun, plan })),
  ];
}

function prepareOptions(
  { overlap }: SceneData,
  { settings, model, plan }: {
    settings: RunSettings;
    model: LoadedModel;
    plan: SamplerPlan;
  },
): PrepareSceneOptions {
  const { schedule } = model;
  const { size, guidance, fusion } = settings;
  const embedded = model.parts.base.reads?.guidance ?? false;
  const locref = {
    ...model.fusion,
    ...(overlap ? { overlap } : {}),
    ...fusion,
  };
  const guided = guidance > 1 && !embedded;
  return {
    ...{ size, guided, guidance, plan, schedule, conditions: settings },
    settings: { locref, ...settings.methods },
  };
}

/** Doubts about models of few steps, by their names or that of a UNet in the place of their own. */
function fewStepDoubts(
  { name, parts, schedule }: LoadedModel,
  { sampler, steps, guidance }: RunSettings,
  recipe: string | undefined,
): string[] {
  const { base, loras = [] } = parts;
  const { predictionType: predicts, timestepSpacing } = schedule;
  const given = typeof sampler === "string" ? undefined : sampler.spacing;
  const trailing = (given ?? timestepSpacing) === "trailing";
  const run = { sampler, steps, guidance, trailing, predicts };
  const paths = loras.map(({ path }) => path);
  const names = [fewStepsOf(name) ? name : filesOf(base, "unet"), ...paths];
  const guided = !base.reads?.guidance;
  const doubts = fewStepWarnings(names, run, guided);
  return doubts.length > 0 ? doubts : recipeWarnings(recipe, run, guided);
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
