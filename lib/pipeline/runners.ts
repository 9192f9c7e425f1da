import type { Adapter } from "../adapters/locref/adapter_file.ts";
import { appearanceNetProgram } from "../adapters/locref/appearance_net.ts";
import type { Branch } from "../adapters/locref/layout_net.ts";
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
import type { Size } from "../core/geometry.ts";
import { ProgramPool } from "../ops/program_pool.ts";
import {
  branchKeyValueProgram,
  textKeyValueProgram,
} from "../bases/sd/key_value_programs.ts";
import {
  unetProgram,
  type UnetProgramOptions,
} from "../bases/sd/unet_program.ts";
import type { BaseFiles, ModelPart } from "./load/model_files.ts";

/** The files that a model is made of. */
export interface ModelParts {
  readonly base: BaseFiles;
  readonly adapter?: Adapter;
  readonly imageEncoder?: ModelPart<ClipImageConfig>;
}

/**
 * The compiled programs of a model, each compiled when it is first used and shared by all runs.
 *
 * Of the programs that depend on the picture's size, the last few of each kind stay.
 */
export class Runners {
  readonly #pool: ProgramPool;
  readonly #parts: ModelParts;

  /**
   * Takes the files of a model and an executor; nothing is compiled yet.
   *
   * @param name Name of the model in messages.
   */
  constructor(executor: Executor, parts: ModelParts, name = "model") {
    this.#pool = new ProgramPool(executor, name);
    this.#parts = parts;
  }

  /**
   * The programs for one user, who holds those that it takes until it closes.
   *
   * @throws {LocRefError} `disposed` if the model was.
   */
  open(): RunnerUse {
    this.#pool.checkOpen();
    return new RunnerUse(this.#pool, this.#parts);
  }

  /** Frees the unused programs that are used once a scene and hold more than `bytes` bytes of weights. */
  async releaseEncoders(bytes: number): Promise<void> {
    await this.#pool.release("text_encoder", bytes);
    await this.#pool.release("image_encoder", bytes);
  }

  /** Frees everything; what runs at this moment is waited for, and what would go on fails. */
  async dispose(): Promise<void> {
    await this.#pool.dispose();
  }
}

/** One user's programs of a model. */
export class RunnerUse {
  readonly #pool: ProgramPool;
  readonly #parts: ModelParts;
  readonly #taken: Runner[] = [];

  /** Takes what {@linkcode Runners.open} gives. */
  constructor(pool: ProgramPool, parts: ModelParts) {
    this.#pool = pool;
    this.#parts = parts;
  }

  /** The text encoder: `ids` in, `hidden` out. */
  textEncoder(): Promise<Runner> {
    const { config, weights } = this.#parts.base.text;
    return this.#take(clipTextProgram(config), weights);
  }

  /** The image encoder: `pixels` in. */
  imageEncoder(): Promise<Runner> {
    const { config, weights } = this.#parts.imageEncoder!;
    return this.#take(clipImageProgram(config), weights);
  }

  /** Appearance-Net: `features` in, `tokens` out. */
  appearanceNet(): Promise<Runner> {
    const { shape, weights } = this.#parts.adapter!;
    return this.#take(appearanceNetProgram(shape), weights);
  }

  /** Keys and values of text in all layers. */
  textKeyValues(): Promise<Runner> {
    const { config, weights } = this.#parts.base.unet;
    return this.#take(textKeyValueProgram(config), weights);
  }

  /** Keys and values of one branch of Layout-net in all layers. */
  branchKeyValues(branch: Branch): Promise<Runner> {
    const { base, adapter } = this.#parts;
    const program = branchKeyValueProgram(base.unet.config, branch);
    return this.#take(program, adapter!.weights);
  }

  /** One step of the denoiser. */
  unet(options: UnetProgramOptions): Promise<Runner> {
    const { config, weights } = this.#parts.base.unet;
    const kind = options.deep === "reuse" ? "shallow_unet" : "unet";
    return this.#take(unetProgram(config, options), weights, kind);
  }

  /** The VAE's decoder for latents of `size`. */
  vaeDecoder(size: Size): Promise<Runner> {
    const { config, weights } = this.#parts.base.vae;
    const program = vaeDecoderProgram(config, size);
    return this.#take(program, weights, "vae_decoder");
  }

  /** Gives all programs back. */
  async close(): Promise<void> {
    for (const runner of this.#taken.splice(0)) await runner.dispose();
  }

  /** Lets `await using` close. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #take(
    program: Program,
    weights: WeightSource,
    kind?: string,
  ): Promise<Runner> {
    // Keys, values and masks are the same in every step; nothing else comes again.
    const inputsComeAgain = kind === "unet" || kind === "shallow_unet";
    const options = { inputsComeAgain };
    const runner = await this.#pool.take({ program, weights, kind, options });
    this.#taken.push(runner);
    return runner;
  }
}
