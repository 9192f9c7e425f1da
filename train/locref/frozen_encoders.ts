import type { AppearanceNetShape } from "../../lib/adapters/locref/appearance_net.ts";
import {
  type ClipImageConfig,
  clipImageProgram,
} from "../../lib/encoders/clip_image.ts";
import { clipTextProgram } from "../../lib/encoders/clip_text.ts";
import type { ClipTokenizer } from "../../lib/encoders/clip_tokenizer.ts";
import { vaeEncoderProgram } from "../../lib/encoders/vae_encoder.ts";
import { pixelValues } from "../../lib/images/pixel_values.ts";
import { planesFromRaster, type Raster } from "../../lib/images/raster.ts";
import type {
  Executor,
  Program,
  Runner,
  WeightSource,
} from "../../lib/ops/executor.ts";
import { hashFile } from "../../lib/weights/safetensors/hash_file.ts";
import { type Tensor, tensor } from "../../lib/core/tensor.ts";
import type { StableDiffusion } from "../../lib/bases/sd/stable_diffusion.ts";
import type { ModelPart } from "../../lib/weights/open_part.ts";
import { contentHash, type FeatureCache } from "./feature_cache.ts";

/** Configs and weights of the encoders. */
export interface FrozenEncodersOptions {
  readonly executor: Executor;
  readonly base: StableDiffusion;
  readonly imageEncoder: ModelPart<ClipImageConfig>;
  readonly tokenizer: ClipTokenizer;
  /** Which features Appearance-Net takes. */
  readonly input: AppearanceNetShape["input"];
  /** Side of the training pictures, in pixels. */
  readonly side: number;
  readonly cache: FeatureCache;
}

/** Mean and logarithm of the variance of a picture's latents, `[1, C, h, w]` each. */
export interface LatentMoments {
  readonly mean: Tensor;
  readonly logvar: Tensor;
}

/** The frozen encoders; each output is computed once and kept by content. */
export class FrozenEncoders {
  readonly #options: FrozenEncodersOptions;
  readonly #vae: Runner;
  readonly #text: Runner;
  readonly #image: Runner;
  readonly #identities: Readonly<Record<"vae" | "text" | "image", string>>;

  /** Loads the encoders. */
  static async open(options: FrozenEncodersOptions): Promise<FrozenEncoders> {
    const { executor, base, imageEncoder, side } = options;
    const size = { width: side, height: side };
    const { vae, text } = base;
    const compile = (program: Program, { weights }: ModelPart<unknown>) =>
      executor.compile(program, weights, { inputsComeAgain: false });
    return new FrozenEncoders(options, {
      vae: await compile(vaeEncoderProgram(vae.config, size), vae),
      text: await compile(clipTextProgram(text.config), text),
      image: await compile(clipImageProgram(imageEncoder.config), imageEncoder),
    }, {
      vae: await identityOf(vae),
      text: await identityOf(text),
      image: await identityOf(imageEncoder),
    });
  }

  private constructor(
    options: FrozenEncodersOptions,
    runners: Record<"vae" | "text" | "image", Runner>,
    identities: Record<"vae" | "text" | "image", string>,
  ) {
    this.#options = options;
    this.#vae = runners.vae;
    this.#text = runners.text;
    this.#image = runners.image;
    this.#identities = identities;
  }

  /** Latents of a square picture of the training size, unscaled. */
  async latents(picture: Raster): Promise<LatentMoments> {
    const { cache, side } = this.#options;
    const key = ["latents", this.#identities.vae, String(side), picture.data];
    const { mean, logvar } = await cache.get(key, async () => {
      const pixels = planesFromRaster(picture).map((value) => 2 * value - 1);
      const shape = [1, 3, side, side];
      return await this.#vae.run({ picture: tensor(shape, pixels) });
    });
    return { mean: mean!, logvar: logvar! };
  }

  /** Text tokens of a caption, `[1, tokens, width]`. */
  async text(caption: string): Promise<Tensor> {
    const { cache, tokenizer } = this.#options;
    const { ids } = tokenizer.encode(caption);
    const key = ["text", this.#identities.text, ids.join()];
    const { hidden } = await cache.get(
      key,
      () => this.#text.run({ ids: tensor([1, ids.length], ids) }),
    );
    return hidden!;
  }

  /** Features of a picture, stretched to the encoder's square: `[1, width]` or `[1, tokens, width]`. */
  async features(picture: Raster): Promise<Tensor> {
    const { cache, input, imageEncoder } = this.#options;
    const side = imageEncoder.config.image_size;
    const { width, height, data } = picture;
    const size = `${width}x${height}`;
    const key = ["features", this.#identities.image, input, size, data];
    const { features } = await cache.get(key, async () => {
      const pixels = await pixelValues(picture, { width: side, height: side });
      const outputs = await this.#image.run({
        pixels: tensor([1, 3, side, side], pixels),
      });
      return { features: outputs[outputOf(input)]! };
    });
    return features!;
  }

  /** Frees the encoders. */
  async dispose(): Promise<void> {
    for (const runner of [this.#vae, this.#text, this.#image]) {
      await runner.dispose();
    }
  }
}

function outputOf(input: AppearanceNetShape["input"]): string {
  return input === "patch" ? "penultimate" : input;
}

/** A hash of an encoder's config and weights. */
async function identityOf(part: ModelPart<unknown>): Promise<string> {
  const hashes = [JSON.stringify(part.config)];
  for (const file of filesOf(part.weights)) hashes.push(await hashFile(file));
  return contentHash(hashes);
}

function filesOf(weights: WeightSource): string[] {
  const files = weights.names().map((name) => weights.info(name)?.file ?? "");
  return [...new Set(files)].filter((file) => file !== "").sort();
}
