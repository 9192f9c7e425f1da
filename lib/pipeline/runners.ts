import type { Adapter } from "../adapters/adapter_file.ts";
import { appearanceNetProgram } from "../adapters/appearance_net.ts";
import type { Branch } from "../adapters/layout_net.ts";
import {
  type ClipImageConfig,
  clipImageProgram,
} from "../encoders/clip_image.ts";
import { clipTextProgram } from "../encoders/clip_text.ts";
import { vaeDecoderProgram } from "../encoders/vae_decoder.ts";
import type {
  Executor,
  Program,
  Runner,
  WeightSource,
} from "../ops/executor.ts";
import type { Size } from "../ops/ops.ts";
import {
  branchKeyValueProgram,
  textKeyValueProgram,
} from "../unet/key_value_programs.ts";
import { unetProgram, type UnetProgramOptions } from "../unet/unet_program.ts";
import type { BaseFiles, ModelPart } from "./model_files.ts";

/** The files that a model is made of. */
export interface ModelParts {
  readonly base: BaseFiles;
  readonly adapter?: Adapter;
  readonly imageEncoder?: ModelPart<ClipImageConfig>;
}

/** How many programs of the sizes of pictures stay compiled: each holds its own weights. */
const sizedKept = 1;

/**
 * The compiled programs of a model, each compiled when it is first used and once only.
 *
 * Of the programs that depend on the picture's size, the last one of its kind stays.
 */
export class Runners {
  readonly #executor: Executor;
  readonly #parts: ModelParts;
  readonly #compiled = new Map<string, Promise<Runner>>();

  /** Takes the files of a model and an executor; nothing is compiled yet. */
  constructor(executor: Executor, parts: ModelParts) {
    this.#executor = executor;
    this.#parts = parts;
  }

  /** The text encoder: `ids` in, `hidden` out. */
  textEncoder(): Promise<Runner> {
    const { config, weights } = this.#parts.base.text;
    return this.#compile(clipTextProgram(config), weights);
  }

  /** The image encoder: `pixels` in. */
  imageEncoder(): Promise<Runner> {
    const { config, weights } = this.#parts.imageEncoder!;
    return this.#compile(clipImageProgram(config), weights);
  }

  /** Appearance-Net: `features` in, `tokens` out. */
  appearanceNet(): Promise<Runner> {
    const { shape, weights } = this.#parts.adapter!;
    return this.#compile(appearanceNetProgram(shape), weights);
  }

  /** Keys and values of text in all layers. */
  textKeyValues(): Promise<Runner> {
    const { config, weights } = this.#parts.base.unet;
    return this.#compile(textKeyValueProgram(config), weights);
  }

  /** Keys and values of one branch of Layout-net in all layers. */
  branchKeyValues(branch: Branch): Promise<Runner> {
    const { config } = this.#parts.base.unet;
    return this.#compile(
      branchKeyValueProgram(config, branch),
      this.#parts.adapter!.weights,
    );
  }

  /** One step of the denoiser. */
  unet(options: UnetProgramOptions): Promise<Runner> {
    const { config, weights } = this.#parts.base.unet;
    const kind = options.deep === "reuse" ? "shallow_unet" : "unet";
    return this.#compileSized(kind, unetProgram(config, options), weights);
  }

  /** The VAE's decoder for latents of `size`. */
  vaeDecoder(size: Size): Promise<Runner> {
    const { config, weights } = this.#parts.base.vae;
    return this.#compileSized(
      "vae_decoder",
      vaeDecoderProgram(config, size),
      weights,
    );
  }

  /** Frees the programs that are used once a scene and hold more than `bytes` bytes of weights. */
  async releaseEncoders(bytes: number): Promise<void> {
    const { base, imageEncoder } = this.#parts;
    const encoders = [["text_encoder", base.text], [
      "image_encoder",
      imageEncoder,
    ]] as const;
    for (const [name, part] of encoders) {
      if (part !== undefined && weightBytes(part.weights) > bytes) {
        await this.#release(name);
      }
    }
  }

  /** Frees everything. */
  async dispose(): Promise<void> {
    for (const name of [...this.#compiled.keys()]) await this.#release(name);
    await this.#executor.dispose();
  }

  #compile(program: Program, weights: WeightSource): Promise<Runner> {
    const known = this.#compiled.get(program.name);
    if (known) return known;
    const runner = this.#executor.compile(program, weights);
    this.#compiled.set(program.name, runner);
    // A failed compilation is tried again next time, not remembered.
    runner.catch(() => this.#compiled.delete(program.name));
    return runner;
  }

  async #compileSized(
    kind: string,
    program: Program,
    weights: WeightSource,
  ): Promise<Runner> {
    const others = [...this.#compiled.keys()].filter((name) =>
      name.startsWith(`${kind}_`) && name !== program.name
    );
    while (others.length >= sizedKept) await this.#release(others.shift()!);
    return await this.#compile(program, weights);
  }

  async #release(name: string): Promise<void> {
    const runner = this.#compiled.get(name);
    this.#compiled.delete(name);
    await (await runner)?.dispose();
  }
}

/** Size of all weights of a source as float32. */
function weightBytes(weights: WeightSource): number {
  return weights.names().reduce(
    (sum, name) =>
      sum + 4 * weights.info(name)!.shape.reduce((a, b) => a * b, 1),
    0,
  );
}
