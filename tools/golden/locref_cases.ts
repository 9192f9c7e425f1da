import { join } from "node:path";
import type { LocRefAdapter } from "../../lib/adapters/locref/locref_file.ts";
import { openLocRef } from "../../lib/adapters/open_locref.ts";
import { chooseSampler, planRun } from "../../lib/ddim/samplers.ts";
import { noiseSchedule } from "../../lib/ddim/noise_schedule.ts";
import { boxCoverage } from "../../lib/masks/coverage.ts";
import type { Executor, Runner, Values } from "../../lib/ops/executor.ts";
import type { Size } from "../../lib/core/geometry.ts";
import { type Tensor, tensor, zeros } from "../../lib/core/tensor.ts";
import { denoise } from "../../lib/pipeline/denoise/denoise.ts";
import { joinBranches } from "../../lib/adapters/locref/locref_graph.ts";
import { groupKeyValues } from "../../lib/bases/key_values.ts";
import type { FusionSettings } from "../../lib/adapters/locref/fusion_settings.ts";
import { maskInputs } from "../../lib/adapters/locref/mask_inputs.ts";
import type { StableDiffusion } from "../../lib/bases/sd/stable_diffusion.ts";
import { openStableDiffusion } from "../open_stable_diffusion.ts";
import {
  concatBatch,
  reshape,
  sliceBatch,
} from "../../lib/core/tensor_rows.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import type { Overlap } from "../../lib/scene_data/scene_data.ts";
import type { FractionBox } from "../../lib/core/geometry.ts";
import { attentionSizes } from "../../lib/bases/sd/cross_attention_layers.ts";
import { sizeKey } from "../../lib/core/size_key.ts";
import {
  locrefGraph,
  referenceInputs,
} from "../../lib/adapters/locref/locref_graph.ts";
import { textInputs } from "../../lib/bases/text_inputs.ts";
import { timeSinusoids } from "../../lib/bases/sd/time_embedding.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { appearanceTokens, keyValuesOf, layoutUnet } from "./adapter_cases.ts";
import { sizeOfImage } from "./encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "./golden_case.ts";
import { readGoldens } from "./golden_files.ts";

/** One variant of Eq. (1) in `locref.json`. */
interface Variant {
  readonly tau?: number;
  readonly lambda_ci?: number;
  readonly lambda_ri?: number;
  readonly grg?: boolean;
  readonly iaf?: boolean;
  readonly overlap?: Overlap;
  readonly features?: "zero";
  readonly caption_of_instance?: number;
}

interface LocrefFile {
  readonly boxes_xyxy_fraction: readonly [number, number, number, number][];
  readonly instance_scales: readonly number[];
  readonly defaults: Variant;
  readonly variants: Readonly<Record<string, Variant>>;
  readonly cfg: { readonly steps: number; readonly guidance_scale: number };
}

/** Everything that the cases share. */
interface LocrefGoldens {
  readonly file: LocrefFile;
  readonly tensors: Record<string, Tensor>;
  readonly base: StableDiffusion;
  readonly adapter: LocRefAdapter;
}

/** The cases of Layout-net: masks, every variant of Eq. (1), and a loop under guidance. */
export async function locrefCases(dir: string): Promise<GoldenCase[]> {
  const executors = new WeakMap<Executor, Executor>();
  const shared = (context: GoldenContext): GoldenContext => {
    const { executor: own } = context;
    const executor = executors.get(own) ?? compilingOnce(own);
    executors.set(own, executor);
    return { ...context, executor };
  };
  const file = await readJson<LocrefFile>(join(dir, "locref.json"));
  const variants = Object.entries(file.variants).map((
    [name, variant],
  ): GoldenCase => ({
    name: `locref.${name}`,
    bound: 1e-4,
    run: async (context) =>
      await variantError(shared(context), await read(context), {
        name,
        variant,
      }),
  }));
  return [
    {
      name: "locref.masks",
      bound: 1e-6,
      run: async (context) => maskError(await read(context)),
    },
    ...variants,
    {
      name: "locref.cfg",
      bound: 1e-3,
      loop: true,
      run: async (context) =>
        await cfgError(shared(context), await read(context)),
    },
  ];
}

/**
 * An executor that compiles each program once, since all variants run on the same weights. Its
 * runners live as long as the executor.
 */
function compilingOnce(executor: Executor): Executor {
  const compiled = new Map<string, Promise<Runner>>();
  return {
    name: executor.name,
    compile: async (program, weights, options) => {
      const { name, inputs, outputs } = program;
      const key = JSON.stringify([name, inputs, outputs]);
      const found = compiled.get(key) ??
        executor.compile(program, weights, options);
      compiled.set(key, found);
      const runner = await found;
      return {
        run: (values) => runner.run(values),
        dispose: () => Promise.resolve(),
      };
    },
    dispose: () => executor.dispose(),
  };
}

async function read({ dir }: GoldenContext): Promise<LocrefGoldens> {
  return {
    file: await readJson(join(dir, "locref.json")),
    tensors: await readGoldens(dir, "locref"),
    base: await openStableDiffusion(join(dir, "sd-tiny")),
    adapter: await openLocRef(join(dir, "locref", "locref-tiny.safetensors")),
  };
}

/** Masks are named `mask.16` where square, else `mask.16x24`. */
function maskError({ file, tensors }: LocrefGoldens): number {
  const errors = Object.entries(tensors).flatMap(([name, expected]) => {
    const match = /^mask\.(\d+)(?:x(\d+))?$/.exec(name);
    if (!match) return [];
    const size = {
      height: Number(match[1]),
      width: Number(match[2] ?? match[1]),
    };
    const actual = boxesOf(file).flatMap((box) => [...boxCoverage(box, size)]);
    return [
      relativeError(
        tensor(expected.shape, Float32Array.from(actual)),
        expected,
      ),
    ];
  });
  return Math.max(...errors);
}

function boxesOf(file: LocrefFile): FractionBox[] {
  return file.boxes_xyxy_fraction.map(([x0, y0, x1, y1]) => ({
    x0,
    y0,
    x1,
    y1,
  }));
}

async function variantError(
  { executor }: GoldenContext,
  goldens: LocrefGoldens,
  { name, variant }: { name: string; variant: Variant },
): Promise<number> {
  const { tensors } = goldens;
  const sample = tensors.sample!;
  const captioned = variant.caption_of_instance;
  const { ci, ri, instances } = await tokensOf(executor, goldens, variant);
  const prediction = await layoutUnet(executor, goldens, {
    sample,
    timesteps: [...tensors.timestep!.data],
    text: captioned === undefined ? tensors.encoder_hidden_states! : interleave(
      tensors.encoder_hidden_states!,
      tensors.caption_hidden_states!,
    ),
    captions: captioned === undefined ? undefined : 2,
    ci,
    ri,
    instances,
    masks: masksOf(goldens, sizeOfImage(sample), variant),
  });
  const tokenErrors = variant.features === "zero" ? [] : [
    relativeError(ci, tensors.ci_tokens!),
    relativeError(ri, tensors.ri_tokens!),
  ];
  return Math.max(
    relativeError(prediction, tensors[`out.${name}`]!),
    ...tokenErrors,
  );
}

async function tokensOf(
  executor: Executor,
  { tensors, adapter }: LocrefGoldens,
  variant: Variant,
): Promise<{ ci: Tensor; ri: Tensor; instances: number }> {
  const features = (name: string) => {
    const given = tensors[name]!;
    return variant.features === "zero" ? zeros(given.shape) : given;
  };
  const [batch, instances, ...rest] = tensors.ri_features!.shape as [
    number,
    number,
  ];
  const flat = reshape(features("ri_features"), [batch * instances, ...rest]);
  return {
    ci: await appearanceTokens(executor, adapter, features("ci_features")),
    ri: await appearanceTokens(executor, adapter, flat),
    instances,
  };
}

function masksOf(
  goldens: LocrefGoldens,
  size: Size,
  variant: Variant,
): Values<Tensor> {
  const { file, base } = goldens;
  const boxes = boxesOf(file);
  const sizes = attentionSizes(base.unet.config, size);
  const coverages = new Map(
    sizes.map((at) => [sizeKey(at), boxes.map((box) => boxCoverage(box, at))]),
  );
  const captioned = variant.caption_of_instance === undefined
    ? []
    : [variant.caption_of_instance];
  const scales = file.instance_scales;
  const depths = boxes.map(() => 0);
  return maskInputs(
    sizes,
    { coverages, scales, depths, captioned },
    settingsOf({ ...file.defaults, ...variant }),
  );
}

function settingsOf(variant: Variant): FusionSettings {
  return {
    tau: variant.tau ?? 1,
    lambdaCi: variant.lambda_ci ?? 1,
    lambdaRi: variant.lambda_ri ?? 1,
    grg: variant.grg ?? true,
    iaf: variant.iaf ?? true,
    overlap: variant.overlap ?? "average",
  };
}

/** Rows of `a` and `b` in turn, for two captions a row. */
function interleave(a: Tensor, b: Tensor): Tensor {
  const rows = Array.from({ length: a.shape[0]! }, (_, i) => [
    sliceBatch(a, i, i + 1),
    sliceBatch(b, i, i + 1),
  ]);
  return concatBatch(rows.flat());
}

/** Tokens of the first row under guidance: nothing first, then what is given. */
async function guidedTokens(executor: Executor, goldens: LocrefGoldens) {
  const none = await tokensOf(executor, goldens, { features: "zero" });
  const given = await tokensOf(executor, goldens, {});
  const text = sliceBatch(goldens.tensors.encoder_hidden_states!, 0, 1);
  const { instances } = given;
  const both = (of: "ci" | "ri", rows: number) =>
    concatBatch([none, given].map((one) => sliceBatch(one[of], 0, rows)));
  return {
    text: concatBatch([zeros(text.shape), text]),
    ...{ ci: both("ci", 1), ri: both("ri", instances), instances },
  };
}

/** A short loop under guidance: the unconditional branch has zero features and zero text. */
async function cfgError(
  { executor }: GoldenContext,
  goldens: LocrefGoldens,
): Promise<number> {
  const { file, tensors, base } = goldens;
  const { unet, scheduler } = base;
  const noise = sliceBatch(tensors.sample!, 0, 1);
  const size = sizeOfImage(noise);
  const { instances, ...tokens } = await guidedTokens(executor, goldens);
  const keyValues = await keyValuesOf(executor, goldens, tokens);
  const inputs = {
    ...textInputs(keyValues.text),
    ...referenceInputs(
      joinBranches(keyValues.ci, groupKeyValues(keyValues.ri, instances)),
    ),
    ...masksOf(goldens, size, {}),
  };
  const runner = await executor.compile(
    unetProgram(unet.config, { size, adapters: [locrefGraph()] }),
    unet.weights,
  );
  let latents = noise;
  const steps = denoise(runner, {
    stepInputs: (timesteps) => ({
      time: timeSinusoids(timesteps, base.unet.config),
    }),
    sampler: planRun(
      noiseSchedule(scheduler),
      chooseSampler("ddim"),
      file.cfg.steps,
    ),
    noise,
    guidance: file.cfg.guidance_scale,
    inputsAt: () => inputs,
  });
  for await (const step of steps) latents = step.latents;
  await runner.dispose();
  return relativeError(latents, tensors["cfg.final_latents"]!);
}
