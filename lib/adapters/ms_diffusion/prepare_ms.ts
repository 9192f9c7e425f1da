import { attentionSizes } from "../../bases/places.ts";
import { computeKeyValues, type KeyValues } from "../../bases/key_values.ts";
import { LocRefError } from "../../core/error.ts";
import { checkFinite } from "../../core/finite.ts";
import { quote } from "../../core/quote.ts";
import { type Tensor, tensor, zeros } from "../../core/tensor.ts";
import { concatBatch, concatWidth, reshape } from "../../core/tensor_rows.ts";
import type { Values, WeightSource } from "../../ops/executor.ts";
import type {
  AdapterRun,
  AdapterScene,
  AdapterSource,
  BesideAdapter,
  PreparedAdapter,
} from "../adapter.ts";
import { boxFourier } from "../gligen/box_fourier.ts";
import { pictureFeaturesOf } from "../picture_embeds.ts";
import type { MsOptions } from "./ms_options.ts";
import { msMasks } from "./ms_masks.ts";
import type { MsResamplerShape } from "./ms_resampler.ts";

/** Strength of the pictures, that of the published examples. */
const usualScale = 0.6;

/** An open file of MS-Diffusion. */
export interface MsFile extends BesideAdapter {
  readonly file: AdapterSource;
  readonly weights: WeightSource;
  readonly shape: MsResamplerShape;
}

/** Pictures, phrases and boxes of a scene as MS-Diffusion's layers read them. */
export async function prepareMs(
  scene: AdapterScene,
  run: AdapterRun,
  adapter: MsFile,
): Promise<PreparedAdapter> {
  const { instances } = scene.data;
  if (instances.length === 0) return { inputsAt: () => undefined };
  const { shape, weights } = adapter;
  const { scale = usualScale, dummyTokens = false } = run
    .settings as MsOptions;
  const tokens = await pictureTokens(scene, run, adapter);
  const dummies = await readDummies(weights);
  const layers = await computeKeyValues(
    await run.program("ms_key_value"),
    sequence(tokens, dummies, run.guided),
    { stage: "MS-Diffusion's keys and values", files: adapter.file.path },
  );
  const count = dummies.shape[1]!;
  const scales = instances.map(({ scale }) => scale);
  const pairs = layerInputs(
    layers,
    (index) =>
      index < count ? 1 : scales[Math.floor((index - count) / shape.tokens)]!,
  );
  const sizes = attentionSizes(run.base.places(run.latent));
  const known = new Map<string, Values<Tensor>>();
  const masks = (on: readonly boolean[]) =>
    msMasks(instances.map(({ box }) => box), sizes, {
      ...{ dummies: count, tokens: shape.tokens, scale, on },
      attendDummies: dummyTokens,
      guided: run.guided,
    });
  return {
    inputsAt({ step, total }) {
      const at = step / total;
      const on = instances.map(({ start, end }) => at >= start && at < end);
      if (!on.includes(true) && !dummyTokens) return undefined;
      const key = on.join();
      const found = known.get(key) ?? masks(on);
      known.set(key, found);
      return { ...pairs, ...found };
    },
  };
}

async function pictureTokens(
  { data, pictures }: AdapterScene,
  run: AdapterRun,
  { shape, imageEncoder, file }: MsFile,
): Promise<Tensor> {
  const { instances } = data;
  const features = await pictureFeaturesOf(
    pictures.map(({ reference }) => reference),
    { ...{ run, imageEncoder, output: "penultimate", fit: "stretch" } },
  );
  const phrases = await phrasesOf(
    instances.map(({ caption }) => caption),
    run,
    {
      width: shape.phraseWidth,
      file: file.path,
    },
  );
  const fourier = boxFourier(instances.map(({ box }) => box));
  const dropped = Float32Array.from(
    instances,
    ({ caption }) => caption === undefined ? 1 : 0,
  );
  const rows = [instances.length, 1, 1];
  const runner = await run.program("ms_resampler");
  const { tokens } = await runner.run({
    features,
    ground: concatWidth([phrases, fourier]),
    kept: tensor(rows, dropped.map((one) => 1 - one)),
    dropped: tensor(rows, dropped),
  });
  checkFinite(tokens!, { stage: "MS-Diffusion's resampler", files: file.path });
  return tokens!;
}

/** Pooled phrases; instances without a caption have zeros, since their tokens begin otherwise. */
async function phrasesOf(
  captions: readonly (string | undefined)[],
  run: AdapterRun,
  { width, file }: { width: number; file: string },
): Promise<Tensor> {
  const { phrases } = run.base;
  const texts = captions.map((text) => text ?? "");
  const pooled = phrases
    ? await phrases.encode(texts, await run.program(phrases.program.name))
    : (await run.encodeText(texts.map((text) => ({ text })))).pooled;
  if (pooled !== undefined && pooled.shape[1] === width) return pooled;
  throw new LocRefError(
    "checkpoint-mismatch",
    `Adapter ${
      quote(file)
    } reads phrases of width ${width}, and the model's text encoder gives ${
      pooled?.shape[1] ?? "none"
    }`,
  );
}

async function readDummies(weights: WeightSource): Promise<Tensor> {
  const { shape } = weights.info("dummy_image_tokens")!;
  return tensor(shape, await weights.read("dummy_image_tokens"));
}

/** Dummy tokens, then those of all pictures; the unconditional branch has zeros for pictures. */
function sequence(tokens: Tensor, dummies: Tensor, guided: boolean): Tensor {
  const [pictures, each, width] = tokens.shape as [number, number, number];
  const count = dummies.shape[1]!;
  const rowOf = (own: Tensor) => {
    const all = zeros([count + pictures * each, width]);
    all.data.set(dummies.data);
    all.data.set(own.data, dummies.data.length);
    return reshape(all, [1, ...all.shape]);
  };
  const none = zeros(tokens.shape);
  return concatBatch(
    guided ? [rowOf(none), rowOf(tokens)] : [rowOf(tokens)],
  );
}

/** Keys and values as inputs; the strength of a picture is a factor of its values. */
function layerInputs(
  layers: KeyValues,
  factor: (token: number) => number,
): Values<Tensor> {
  return Object.fromEntries(layers.flatMap(({ k, v }, i) => {
    const [, count, width] = v.shape as [number, number, number];
    const scaled = Float32Array.from(
      v.data,
      (value, at) => value * factor(Math.floor(at / width) % count),
    );
    return [[`k.${i}`, k], [`v.${i}`, tensor(v.shape, scaled)]];
  }));
}
