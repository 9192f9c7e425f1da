/** The run of a style beside that of a picture: it is the same whatever the picture is. */

import type { TextConditioning } from "../../bases/text_conditioning.ts";
import { computeKeyValues } from "../../bases/key_values.ts";
import { filesOf } from "../../bases/part_files.ts";
import { textInputs } from "../../bases/text_inputs.ts";
import { checkFinite } from "../../core/finite.ts";
import { gaussianNoise } from "../../core/random.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { floats } from "../../core/tensor_rows.ts";
import { blended } from "../../ddim/blended.ts";
import type { ModelCall } from "../../ddim/sampler.ts";
import type { Raster } from "../../images/raster.ts";
import type { AdapterGraph } from "../../bases/hooks.ts";
import type { Values } from "../../ops/executor.ts";
import type { StyleData } from "../../scene_data/style_data.ts";
import type { AdapterRun, AdapterStep } from "../adapter.ts";
import { invert, type InvertedLatents } from "./invert.ts";

/** A style's values at each evaluation of the picture's run. */
export type StyleAt = (
  at: Pick<AdapterStep, "step" | "total" | "timestep">,
) => Promise<Values<Tensor>>;

/** A run, and the denoiser's graph of which the style's values come out. */
export interface StyleRun {
  readonly run: AdapterRun;
  readonly source: AdapterGraph;
}

/** One evaluation of the style. */
interface Evaluated {
  readonly prediction: Float32Array;
  /** Outputs of `styleSourceGraph`, by its names. */
  readonly values: Values<Tensor>;
}

type Evaluate = (
  latents: Float32Array,
  timestep: number,
) => Promise<Evaluated>;

/** A style whose picture is made of its caption, step by step with the picture's. */
export async function generatedStyle(
  style: StyleData,
  negative: string,
  { run, source }: StyleRun,
): Promise<StyleAt> {
  const { plan } = run;
  const evaluate = await evaluation(style, negative, { run, source });
  const cells = cellsOf(run);
  const { seed = 0 } = style;
  const noise = gaussianNoise(seed, cells);
  const steps = plan.run(noise.map((value) => value * plan.initialScale), {
    noise: (call) => gaussianNoise(seed + (call + 1) * 2 ** 32, cells),
  });
  let next = steps.next();
  const advance = async () => {
    const call = next.value as ModelCall;
    const found = await evaluate(call.input, call.timestep);
    next = steps.next(found.prediction);
    return found.values;
  };
  return async ({ step, total }) => {
    // a picture that begins on another begins in the middle of the style's run
    const planned = plan.steps - total + step;
    while (!next.done && next.value.step < planned) await advance();
    return await advance();
  };
}

/** A style that is a photograph: its latents come from inverting it, once. */
export async function photographedStyle(
  style: StyleData & { readonly raster: Raster },
  negative: string,
  { run, source, guidance }: StyleRun & { readonly guidance: number },
): Promise<StyleAt> {
  const { schedule, plan: { timesteps } } = run;
  const way = await evaluation(style, negative, {
    run: { ...run, guidance, guided: guidance > 1 },
    source,
  });
  const found = await invert(await run.encodePicture(style.raster), {
    ...{ schedule, timesteps },
    predict: async (latents, timestep) =>
      (await way(latents, timestep)).prediction,
  });
  const evaluate = await evaluation(style, negative, { run, source });
  return async ({ timestep }) => {
    const { latents } = nearest(found, timestep);
    return (await evaluate(latents, timestep)).values;
  };
}

function nearest(
  all: readonly InvertedLatents[],
  timestep: number,
): InvertedLatents {
  return all.reduce((best, one) =>
    Math.abs(one.timestep - timestep) < Math.abs(best.timestep - timestep)
      ? one
      : best
  );
}

function cellsOf({ base, latent }: AdapterRun): number {
  return base.latent.channels * latent.height * latent.width;
}

/** The denoiser on the style's caption, in as many branches as the picture has. */
async function evaluation(
  { caption }: StyleData,
  negative: string,
  { run, source }: StyleRun,
): Promise<Evaluate> {
  const { base, latent, guided } = run;
  const text = await encoded(caption, negative, run);
  const runner = await run.stepDenoiser({ adapters: [source] });
  const layers = await computeKeyValues(
    await run.program("text_key_value"),
    text.tokens,
    {
      stage: "UNet's keys and values of the style's caption",
      files: filesOf(base, "text_key_value"),
    },
  );
  const fixed = textInputs(layers);
  const { size, guidance } = run;
  const stepInputs = base.stepInputs(text, { size, guidance });
  const rows = guided ? 2 : 1;
  const shape = [rows, base.latent.channels, latent.height, latent.width];
  const start = `${source.prefix}.`;
  return async (latents, timestep) => {
    const sample = new Float32Array(rows * latents.length);
    for (let row = 0; row < rows; row++) {
      sample.set(latents, row * latents.length);
    }
    const { prediction, ...outputs } = await runner.run({
      ...fixed,
      ...stepInputs(Array(rows).fill(timestep)),
      sample: tensor(shape, sample),
    });
    checkFinite(prediction!, {
      stage: "UNet on the style",
      files: filesOf(base, "unet"),
    });
    const values = Object.entries(outputs).flatMap(([name, value]) =>
      name.startsWith(start) ? [[name.slice(start.length), value]] : []
    );
    const both = floats(prediction!);
    return {
      prediction: guided ? blended(both, guidance) : both,
      values: Object.fromEntries(values),
    };
  };
}

async function encoded(
  caption: string,
  negative: string,
  { encodeText, guided }: AdapterRun,
): Promise<TextConditioning> {
  return await encodeText([
    ...(guided ? [{ text: negative, absent: negative === "" }] : []),
    { text: caption },
  ]);
}
