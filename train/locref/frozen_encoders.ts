import {
  type ClipImageConfig,
  clipImageProgram,
} from "../../lib/encoders/clip_image.ts";
import type { Base } from "../../lib/bases/base.ts";
import type { Fit } from "../../lib/images/resize.ts";
import { pixelValues } from "../../lib/images/pixel_values.ts";
import { planesFromRaster, type Raster } from "../../lib/images/raster.ts";
import type { Executor, Runner, WeightSource } from "../../lib/ops/executor.ts";
import { hashFile } from "../../lib/weights/safetensors/hash_file.ts";
import { type Tensor, tensor } from "../../lib/core/tensor.ts";
import type { ModelPart } from "../../lib/weights/open_part.ts";
import { contentHash, type FeatureCache } from "./feature_cache.ts";

/** Models whose outputs training reads, and what it reads of them. */
export interface FrozenEncodersOptions {
  readonly executor: Executor;
  readonly base: Base;
  /** Absent where pictures are not read. */
  readonly imageEncoder?: ModelPart<ClipImageConfig>;
  /** Side of the training pictures, in pixels. */
  readonly side: number;
  readonly cache: FeatureCache;
}

/** An output of the image encoder, by its name. */
export type EncoderOutput = "pooled" | "embeds" | "penultimate";

/** Mean and logarithm of the variance of a picture's latents, `[1, C, h, w]` each. */
export interface LatentMoments {
  readonly mean: Tensor;
  readonly logvar: Tensor;
}

/** A caption in one row. */
export interface EncodedText {
  /** `[1, tokens, width]`. */
  readonly tokens: Tensor;
  /** Its vector, `[1, width]`, where the base has one. */
  readonly pooled?: Tensor;
}

/** The frozen encoders; each output is computed once and kept by content. */
export class FrozenEncoders {
  readonly #options: FrozenEncodersOptions;
  readonly #runners: ReadonlyMap<string, Runner>;
  readonly #identities: ReadonlyMap<string, string>;

  /** Loads the encoders. */
  static async open(options: FrozenEncodersOptions): Promise<FrozenEncoders> {
    const { executor, base, imageEncoder, side } = options;
    const cells = Math.floor(side / base.latent.factor);
    const programs = [
      ...base.programs({ size: { height: cells, width: cells } })
        .filter(({ name }) => /^(vae_encoder|text_encoder.*)$/.test(name)),
      ...imageEncoder === undefined ? [] : [{
        name: "image_encoder",
        weights: imageEncoder.weights,
        program: () => clipImageProgram(imageEncoder.config),
      }],
    ];
    const runners = new Map<string, Runner>();
    for (const { name, weights, program } of programs) {
      const compiled = await executor.compile(program(), weights, {
        inputsComeAgain: false,
      });
      runners.set(name, compiled);
    }
    for (const warning of await base.openTokenizers()) {
      console.error(`Warning: ${warning}`);
    }
    return new FrozenEncoders(options, runners, await identities(options));
  }

  private constructor(
    options: FrozenEncodersOptions,
    runners: ReadonlyMap<string, Runner>,
    identities: ReadonlyMap<string, string>,
  ) {
    this.#options = options;
    this.#runners = runners;
    this.#identities = identities;
  }

  /** Latents of a square picture of the training size, unscaled. */
  async latents(picture: Raster): Promise<LatentMoments> {
    const { cache, side } = this.#options;
    const key = ["latents", this.#identity("vae"), String(side), picture.data];
    const { mean, logvar } = await cache.get(key, async () => {
      const pixels = planesFromRaster(picture).map((value) => 2 * value - 1);
      const shape = [1, 3, side, side];
      const encoder = this.#runner("vae_encoder");
      return await encoder.run({ picture: tensor(shape, pixels) });
    });
    return { mean: mean!, logvar: logvar! };
  }

  /**
   * A caption as the base reads it, in one row.
   *
   * @param caption Absent where it is dropped: some bases were trained with zeros then.
   */
  async text(caption?: string): Promise<EncodedText> {
    const { base, cache } = this.#options;
    const absent = caption === undefined;
    const kind = absent ? "no text" : "text";
    const text = caption ?? "";
    const key = [kind, this.#identity("text"), text];
    const { tokens, pooled } = await cache.get(key, async () => {
      const { tokens, pooled } = await base.encodeText([{ text, absent }], {
        textEncoder: (name) => Promise.resolve(this.#runner(name)),
      });
      return { tokens, ...pooled !== undefined && { pooled } };
    });
    return { tokens: tokens!, pooled };
  }

  /** Features of a picture at the encoder's square: `[1, width]` or `[1, tokens, width]`. */
  async features(
    picture: Raster,
    { output, fit = "stretch" }: {
      readonly output: EncoderOutput;
      readonly fit?: Fit;
    },
  ): Promise<Tensor> {
    const { cache, imageEncoder } = this.#options;
    const side = imageEncoder!.config.image_size;
    const { width, height, data } = picture;
    const size = `${width}x${height}`;
    const kind = fit === "stretch" ? output : `${output} ${fit}`;
    const key = ["features", this.#identity("image"), kind, size, data];
    const { features } = await cache.get(key, async () => {
      const square = { width: side, height: side };
      const pixels = await pixelValues(picture, square, { fit });
      const outputs = await this.#runner("image_encoder").run({
        pixels: tensor([1, 3, side, side], pixels),
      });
      return { features: outputs[output]! };
    });
    return features!;
  }

  #runner(name: string): Runner {
    return this.#runners.get(name)!;
  }

  #identity(name: "vae" | "text" | "image"): string {
    return this.#identities.get(name)!;
  }

  /** Frees the encoders. */
  async dispose(): Promise<void> {
    for (const runner of this.#runners.values()) await runner.dispose();
  }
}

/** Hashes of what the outputs of each kind depend on. */
async function identities(
  { base, imageEncoder }: FrozenEncodersOptions,
): Promise<Map<string, string>> {
  const named = (pattern: RegExp) =>
    base.parts.filter(({ name }) => pattern.test(name));
  const parts: [string, readonly ModelPart<unknown>[]][] = [
    ["vae", named(/^vae$/)],
    ["text", named(/^text_encoder/)],
    ["image", imageEncoder === undefined ? [] : [imageEncoder]],
  ];
  const found = new Map<string, string>();
  for (const [name, own] of parts) {
    const each: string[] = [];
    for (const part of own) each.push(await identityOf(part));
    found.set(name, each.length === 1 ? each[0]! : contentHash(each));
  }
  return found;
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
