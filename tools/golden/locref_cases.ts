import { textInputs } from "../../lib/bases/text_inputs.ts";
import { boxCoverage } from "../../lib/masks/coverage.ts";
import { join } from "node:path";
import { chooseSampler, planRun } from "../../lib/ddim/samplers.ts";
import { noiseSchedule } from "../../lib/ddim/noise_schedule.ts";
import type { Executor, Runner } from "../../lib/ops/executor.ts";
import { type Tensor, tensor, zeros } from "../../lib/core/tensor.ts";
import { denoise } from "../../lib/pipeline/denoise/denoise.ts";
import {
  joinBranches,
  locrefGraph,
  referenceInputs,
} from "../../lib/adapters/locref/locref_graph.ts";
import { groupKeyValues } from "../../lib/bases/key_values.ts";
import { concatBatch, sliceBatch } from "../../lib/core/tensor_rows.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { timeSinusoids } from "../../lib/bases/sd/time_embedding.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { keyValuesOf, layoutUnet } from "./adapter_cases.ts";
import { sizeOfImage } from "./encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "./golden_case.ts";
import {
  boxesOf,
  type LocrefFile,
  type LocrefGoldens,
  masksOf,
  read,
  tokensOf,
  type Variant,
} from "./locref_goldens.ts";

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
