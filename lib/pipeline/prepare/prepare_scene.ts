import { graphsOf } from "../../adapters/adapter_programs.ts";
import type { AdapterStep, PreparedAdapter } from "../../adapters/adapter.ts";
import { toProgram } from "../../bases/adapter_inputs.ts";
import type { AdapterGraph } from "../../bases/hooks.ts";
import { textInputs } from "../../bases/text_inputs.ts";
import type { InstancePictures } from "../../images/instance_pictures.ts";
import { instanceCoverage } from "../../masks/instance_coverage.ts";
import type { Values } from "../../ops/executor.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type { WeightChange } from "../programs/runner_use.ts";
import type { SeededRegion } from "../noise.ts";
import {
  prepareAdapters,
  type PrepareSceneOptions,
} from "./prepare_adapters.ts";
import type { PreparingModel } from "./preparing_model.ts";
import { type PreparedText, prepareText } from "./prepare_text.ts";
import type { Raster } from "../../images/raster.ts";
import { latentSize } from "./render_size.ts";

/** The adapters that act in a step, and whether text comes in groups. */
export interface StepForm {
  readonly adapters: readonly AdapterGraph[];
  readonly captions: boolean;
}

/** One step of a prepared scene. */
export interface PreparedStep extends StepForm {
  /** Places of the adapters that act, among those of the model. */
  readonly active: readonly number[];
  /** Inputs of the denoiser's program but for sample and time. */
  readonly inputs: Values<Tensor>;
}

/** Everything of a scene that does not change between steps. */
export interface PreparedScene {
  /** The inputs of a step, and the form of the denoiser that takes them. */
  stepAt(at: AdapterStep): Promise<PreparedStep>;
  /** Inputs of the denoiser that depend on the time alone, for a batch of timesteps. */
  stepInputs(timesteps: readonly number[]): Values<Tensor>;
  /** Tokens of the caption, behind those of the negative one, `[rows, tokens, width]`. */
  readonly tokens: Tensor;
  /** Moves the latents before a step; absent where no adapter does. */
  readonly guide?: NonNullable<PreparedAdapter["guide"]>;
  /** The form of steps in which every adapter acts. */
  readonly form: StepForm;
  /** Instances with noise of their own. */
  readonly seeded: readonly SeededRegion[];
  readonly warnings: readonly string[];
}

/** Computes text, composite image, references and masks of a scene once, before the first step. */
export async function prepareScene(
  model: PreparingModel,
  scene: {
    data: SceneData;
    pictures: readonly InstancePictures[];
    /** LoRAs of instances, by the instance's index. @default {none} */
    loras?: ReadonlyMap<number, WeightChange>;
    /** The picture that references stand in. @default {black} */
    ground?: Raster;
    /** The photograph of the scene's style. @default {none} */
    style?: Raster;
  },
  options: PrepareSceneOptions,
): Promise<PreparedScene> {
  const { pictures, loras, ground, style } = scene;
  const data = rewritten(scene.data, model, options);
  const { guided, guidance, size, plan, conditions = {} } = options;
  const latent = latentSize(model, size);
  const { base, adapters } = model.parts;
  const text = await prepareText(model, data, { guided, conditions, loras });
  const { captioned } = text;
  const stepInputs = base.stepInputs(text.steps, {
    ...{ size, guidance },
    sizes: conditions.sizes,
  });
  const { tokens } = text.steps;
  const prepared = await prepareAdapters(
    model,
    { data, pictures, ground, style, captioned, tokens, stepInputs },
    options,
  );
  const formOf = formsOf(model.parts, { text, prepared });
  return {
    stepAt: stepSource(prepared, { text, formOf }),
    stepInputs,
    tokens,
    guide: joinGuides(prepared),
    form: formOf([...adapters.keys()], { step: 0, total: plan.steps }),
    seeded: data.instances.flatMap(({ seed }, i) =>
      seed === undefined
        ? []
        : [{ seed, coverage: instanceCoverage(data, pictures, i, latent) }]
    ),
    warnings: [...model.warnings, ...text.warnings],
  };
}

/** The scene as its adapters let the model read it. */
function rewritten(
  data: SceneData,
  { parts: { base, adapters } }: PreparingModel,
  { settings }: PrepareSceneOptions,
): SceneData {
  return adapters.reduce(
    (scene, { kind, rewrite, settings: own }) =>
      rewrite?.(scene, {
        base,
        settings: { ...own, ...settings[kind] },
      }) ?? scene,
    data,
  );
}

/** The form of the denoiser by the adapters that act, in a step. */
type FormOf = (
  active: readonly number[],
  at: Pick<AdapterStep, "step" | "total">,
) => StepForm;

/** The form of the denoiser by the adapters that act. */
function formsOf(
  { adapters }: PreparingModel["parts"],
  { text, prepared }: {
    text: PreparedText;
    prepared: readonly PreparedAdapter[];
  },
): FormOf {
  return (active, at) => {
    const captions = text.captioned.length > 0 &&
      active.some((i) => adapters[i]!.reads.includes("captions"));
    const graphs = graphsOf(adapters, { captions });
    const own = active.map((i) => prepared[i]!.graphAt?.(at) ?? graphs[i]!);
    return { adapters: own, captions };
  };
}

function stepSource(
  prepared: readonly PreparedAdapter[],
  { text, formOf }: {
    text: PreparedText;
    formOf: FormOf;
  },
): PreparedScene["stepAt"] {
  const forms = new Map<string, StepForm>();
  return async (at) => {
    const own: (Values<Tensor> | undefined)[] = [];
    for (const one of prepared) own.push(await one.inputsAt(at));
    const active = [...own.keys()].filter((i) => own[i] !== undefined);
    const wanted = formOf(active, at);
    const key = [...active, ...wanted.adapters.map(({ prefix }) => prefix)]
      .join();
    const form = forms.get(key) ?? wanted;
    forms.set(key, form);
    const keyValues = await text.keyValues(
      form,
      active.map((i) => prepared[i]!.text ?? {}),
    );
    const inputs: Values<Tensor> = Object.assign(
      {},
      textInputs(keyValues),
      ...form.adapters.map((graph, i) => toProgram(graph, own[active[i]!]!)),
    );
    return { ...form, active, inputs };
  };
}

/** Several adapters' guidance as one, each moving what the one before returned. */
function joinGuides(
  prepared: readonly PreparedAdapter[],
): PreparedScene["guide"] {
  const guides = prepared.filter(({ guide }) => guide !== undefined);
  if (guides.length === 0) return undefined;
  return async (latents, step) => {
    let moved = latents;
    for (const one of guides) moved = await one.guide!(moved, step);
    return moved;
  };
}
