import {
  type PagSettings,
  perturbedGraph,
} from "../../../lib/adapters/steering/perturbed_attention.ts";
import type { SamplerPlan } from "../../../lib/ddim/sampler.ts";
import type { ControlUnit } from "../../../lib/pipeline/controls/control_unit.ts";
import { runControls } from "../../../lib/pipeline/controls/run_controls.ts";
import type { RunStart } from "../../../lib/pipeline/start/run_start.ts";
import type { PooledProgram } from "../../../lib/ops/program_pool.ts";
import type { Base } from "../../../lib/bases/base.ts";
import type { SizeConditions } from "../../../lib/bases/size_conditions.ts";
import type { TextRequest } from "../../../lib/bases/text_conditioning.ts";
import type { DenoiserForm } from "../../../lib/bases/denoiser_shape.ts";
import type { AdapterGraph } from "../../../lib/bases/hooks.ts";
import { computeKeyValues } from "../../../lib/bases/key_values.ts";
import { textInputs } from "../../../lib/bases/text_inputs.ts";
import type { Size } from "../../../lib/core/geometry.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import {
  noiseSchedule,
  type SchedulerConfig,
} from "../../../lib/ddim/noise_schedule.ts";
import type { SamplerOptions } from "../../../lib/ddim/sampler_options.ts";
import { planRun } from "../../../lib/ddim/samplers.ts";
import { samplerOfConfig } from "../../../lib/ddim/sampler_of_config.ts";
import type { Runner, Values } from "../../../lib/ops/executor.ts";
import { denoise } from "../../../lib/pipeline/denoise/denoise.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import type { GoldenContext } from "../golden_case.ts";

/** A run of a reference's pipeline. */
export interface PipelineRun {
  readonly base: Base;
  /** Scheduler that runs. @default {the base's own} */
  readonly scheduler?: SchedulerConfig;
  readonly options?: SamplerOptions;
  readonly steps: number;
  readonly guidance: number;
  readonly guidanceRescale?: number;
  /** Texts: the negative caption and the caption. */
  readonly texts: readonly [TextRequest, TextRequest];
  readonly sizes?: SizeConditions;
  /** Unit noise to begin with. */
  readonly noise: Tensor;
  /** A picture that the run begins on. */
  readonly start?: (
    given: { plan: SamplerPlan; programs: Programs },
  ) => Promise<RunStart>;
  /** Perturbed-attention guidance. */
  readonly pag?: PagSettings;
  /** Adapters in the graph, and their inputs. */
  readonly adapters?: readonly AdapterGraph[];
  readonly inputs?: Values<Tensor>;
  /** Controls. */
  readonly units?: readonly ControlUnit[];
  /** The draws of the sampler. */
  readonly draws?: (call: number) => Tensor;
}

/** The clean latents of a run, made by the parts that pictures are made by. */
export async function finalLatents(
  { executor }: Pick<GoldenContext, "executor">,
  run: PipelineRun,
): Promise<Tensor> {
  const { base, noise } = run;
  const latent = sizeOfImage(noise);
  await using programs = openPrograms(executor, base, latent);
  const inside = base.reads?.guidance ?? false;
  const guided = run.guidance > 1 && !inside;
  const texts = guided ? run.texts : run.texts.slice(1);
  const encoded = await base.encodeText(texts, programs);
  const keyValues = await programs.program("text_key_value");
  const fixed = textInputs(await computeKeyValues(keyValues, encoded.tokens));
  const plan = planOf(run);
  const controls = run.units && await runControls(run.units, {
    places: base.places(latent),
    latent,
    tokens: encoded.tokens,
    compile: (one) => programs.other(one),
  });
  const form = { adapters: controls?.adapters ?? run.adapters };
  const given = { ...fixed, ...run.inputs };
  const steps = denoise(await programs.program("unet", form), {
    perturbed: run.pag && await perturbedOf(run.pag, programs),
    start: await run.start?.({ plan, programs }),
    callInputs: controls?.callInputs,
    stepInputs: base.stepInputs(encoded, {
      size: scaled(latent, base.latent.factor),
      guidance: run.guidance,
      sizes: run.sizes,
    }),
    sampler: plan,
    noise,
    guidance: guided ? run.guidance : 1,
    guidanceRescale: run.guidanceRescale,
    inputsAt: () => given,
    stepNoise: run.draws && ((call) => floats(run.draws!(call))),
  });
  let latents = noise;
  for await (const step of steps) latents = step.latents;
  return latents;
}

function planOf({ base, scheduler, options = {}, steps }: PipelineRun) {
  const config = scheduler ?? base.scheduler;
  const kind = samplerOfConfig(config)!;
  return planRun(noiseSchedule(config), { kind, options }, steps);
}

/** Perturbed attention, which runs a program of its own at every step. */
async function perturbedOf(
  pag: PagSettings,
  programs: ReturnType<typeof openPrograms>,
) {
  const unet = await programs.program("unet", {
    adapters: [perturbedGraph(pag)],
  });
  const same = Promise.resolve({ unet });
  return { scale: pag.scale, programsAt: () => same };
}

/** The picture of `latents` as `[1, height, width, 3]` in 0..1. */
export async function decodedPicture(
  { executor }: Pick<GoldenContext, "executor">,
  base: Base,
  latents: Tensor,
): Promise<Tensor> {
  await using programs = openPrograms(executor, base, sizeOfImage(latents));
  const decoder = await programs.program("vae_decoder");
  const { scale } = base.latent;
  const { picture } = await decoder.run({
    latent: tensor(latents.shape, floats(latents).map((one) => one / scale)),
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

function scaled({ height, width }: Size, factor: number): Size {
  return { height: height * factor, width: width * factor };
}

/** Programs of a base, and others beside them. */
export type Programs = ReturnType<typeof openPrograms>;

/** The programs of a base for latents of one size, compiled when they are taken. */
function openPrograms(
  executor: GoldenContext["executor"],
  base: Base,
  size: Size,
) {
  const taken: Runner[] = [];
  const compile = async (
    name: string,
    form: Omit<DenoiserForm, "size">,
  ): Promise<Runner> => {
    const { program, weights } = base.programs({ size, ...form })
      .find((one) => one.name === name)!;
    const runner = await executor.compile(program(), weights);
    taken.push(runner);
    return runner;
  };
  return {
    program: (name: string, form: Omit<DenoiserForm, "size"> = {}) =>
      compile(name, form),
    textEncoder: (name: string, clipSkip = 0) => compile(name, { clipSkip }),
    async other({ program, weights }: PooledProgram): Promise<Runner> {
      const runner = await executor.compile(program, weights);
      taken.push(runner);
      return runner;
    },
    async [Symbol.asyncDispose]() {
      for (const runner of taken) await runner.dispose();
    },
  };
}
