import type { NamedProgram } from "../../bases/base.ts";
import type { DenoiserForm } from "../../bases/denoiser_shape.ts";
import type { AdapterGraph } from "../../bases/hooks.ts";
import { quote } from "../../core/quote.ts";
import type { Size } from "../../core/geometry.ts";
import { skippedName } from "../../encoders/clip_text.ts";
import type { Runner, WeightSource } from "../../ops/executor.ts";
import type { GradientPool } from "../../ops/gradient_pool.ts";
import type {
  InputGradient,
  InputGradientOptions,
} from "../../ops/input_gradient.ts";
import type { LossProgram } from "../../ops/loss_program.ts";
import type { PooledProgram, ProgramPool } from "../../ops/program_pool.ts";
import type { ModelParts } from "../load/model_parts.ts";
import { modelPrograms } from "../load/model_programs.ts";
import type { RememberedRuns } from "./remembered_runs.ts";

/**
 * Programs of users that were never closed, such as a `steps()` that nobody goes on with. They are
 * given back when memory is collected.
 */
const forgotten = new FinalizationRegistry<Taken[]>((taken) => {
  giveBack(taken).catch((error) => console.warn(error));
});

async function giveBack(taken: Taken[]): Promise<void> {
  for (const runner of taken.splice(0)) await runner.dispose();
}

/** A program or loss that its user gives back. */
type Taken = Pick<Runner, "dispose">;

/** One user's programs of a model. */
export class RunnerUse {
  readonly #pool: ProgramPool;
  readonly #parts: ModelParts;
  readonly #gradients: GradientPool;
  readonly #remembered: RememberedRuns;
  readonly #taken: Taken[] = [];

  /** Takes what {@linkcode Runners.open} gives. */
  constructor(
    pool: ProgramPool,
    parts: ModelParts,
    gradients: GradientPool,
    remembered: RememberedRuns,
  ) {
    this.#pool = pool;
    this.#parts = parts;
    this.#gradients = gradients;
    this.#remembered = remembered;
    forgotten.register(this, this.#taken);
  }

  /**
   * A program by its name in the model's list.
   *
   * @param size Size of the latents, for programs that depend on it.
   */
  program(name: string, size: Size = anySize.size): Promise<Runner> {
    return this.#named(name, { size });
  }

  /**
   * A text encoder without its last `clipSkip` layers. It is compiled when it runs on ids that are new.
   *
   * @param change Other weights than the model's.
   */
  textEncoder(name: string, clipSkip = 0, change?: WeightChange): Runner {
    return this.#remembering(
      `${skippedName(name, clipSkip)} ${change?.key ?? ""}`,
      () => this.#named(name, { ...anySize, clipSkip }, { change }),
    );
  }

  /**
   * Keys and values of text. The program is compiled when it runs on text that is new.
   *
   * @param change Other weights than the model's.
   */
  keyValues(change?: WeightChange): Runner {
    return this.#remembering(
      `text_key_value ${change?.key ?? ""}`,
      () => this.#named("text_key_value", anySize, { change }),
    );
  }

  /**
   * Keys and values of text that adapters change first.
   *
   * @param change Other weights than the model's.
   */
  changedKeyValues(
    adapters: readonly AdapterGraph[],
    change?: WeightChange,
  ): Promise<Runner> {
    const form = { ...anySize, adapters };
    return this.#named("text_key_value", form, { change });
  }

  /** One step of the denoiser. */
  unet(form: DenoiserForm): Promise<Runner> {
    const kind = form.deep === "reuse" ? "shallow_unet" : "unet";
    return this.#named("unet", form, { kind });
  }

  /** The VAE's decoder for latents of `size`. */
  vaeDecoder(size: Size): Promise<Runner> {
    return this.#named("vae_decoder", { size }, { kind: "vae_decoder" });
  }

  /** The tiny VAE's decoder for latents of `size`. */
  taesdDecoder(size: Size): Promise<Runner> {
    return this.#named("taesd_decoder", { size }, { kind: "taesd_decoder" });
  }

  /** The VAE's encoder for latents of `size`. */
  vaeEncoder(size: Size): Promise<Runner> {
    return this.#named("vae_encoder", { size }, { kind: "vae_encoder" });
  }

  /** A program that is none of the model's own list, such as a ControlNet's. */
  async other(program: PooledProgram): Promise<Runner> {
    const runner = await this.#pool.take(program);
    this.#taken.push(runner);
    return runner;
  }

  /**
   * A loss with its derivative by an input, given back when this user closes.
   *
   * @throws {LocRefError} `backend-missing` if the backend has no gradients.
   */
  async gradient(
    program: LossProgram,
    options: InputGradientOptions,
  ): Promise<InputGradient> {
    this.#pool.checkOpen();
    const compiled = await this.#gradients.take(program, options);
    this.#taken.push(compiled);
    return compiled;
  }

  /** Gives all programs back. */
  async close(): Promise<void> {
    await giveBack(this.#taken);
  }

  /** Lets `await using` close. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #remembering(name: string, take: () => Promise<Runner>): Runner {
    this.#pool.checkOpen();
    return this.#remembered.runner(name, take);
  }

  /** A program of the model's list, by name. */
  async #named(
    name: string,
    form: DenoiserForm = anySize,
    { kind, change }: { kind?: string; change?: WeightChange } = {},
  ): Promise<Runner> {
    const found = modelPrograms(this.#parts, form)
      .find((one) => one.name === name);
    if (found === undefined) {
      throw new TypeError(`Program ${quote(name)} of the model is not known`);
    }
    const { sized } = found;
    const { program, weights } = change ? changed(found, change) : {
      program: found.program(),
      weights: found.weights,
    };
    // Keys, values and masks are the same in every step; nothing else comes again.
    const inputsComeAgain = name === "unet";
    const runner = await this.#pool.take({
      program,
      weights,
      kind: change ? "changed" : kind ?? (sized ? name : undefined),
      options: { inputsComeAgain },
    });
    this.#taken.push(runner);
    return runner;
  }
}

/** Weights of a part that take the place of the model's. */
export interface WeightChange {
  /** Name that differs for each change. */
  readonly key: string;
  /** The weights of a part, changed. */
  weights(part: string, weights: WeightSource): WeightSource;
}

/** A program of its own, on changed weights. */
function changed(
  { program, part, weights }: NamedProgram,
  change: WeightChange,
) {
  const made = program();
  return {
    program: { ...made, name: `${made.name}_${change.key}` },
    weights: change.weights(part, weights),
  };
}

/** For programs that do not depend on the size of the picture. */
export const anySize: DenoiserForm = { size: { height: 8, width: 8 } };
