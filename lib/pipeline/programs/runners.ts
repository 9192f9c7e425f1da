import { isSkipped } from "../../encoders/clip_text.ts";
import type { BackendName } from "../../ops/backends.ts";
import type { Executor } from "../../ops/executor.ts";
import { GradientPool } from "../../ops/gradient_pool.ts";
import { ProgramPool } from "../../ops/program_pool.ts";
import { controlIdOf } from "../controls/control_unit.ts";
import { freeMemory } from "./free_memory.ts";
import type { ModelParts } from "../load/model_parts.ts";
import { modelPrograms } from "../load/model_programs.ts";
import { RememberedRuns } from "./remembered_runs.ts";
import { anySize, RunnerUse } from "./runner_use.ts";

/** Memory that stays free of encoders, for pictures and other programs. */
const reserved = 4 * 2 ** 30;

/** Bytes of decoding below which it takes little beside a denoiser: opening that again takes seconds. */
const muchToDecode = 2 * 2 ** 30;

/** Bytes of a denoiser's weights below which it is small. */
const largeDenoiser = 2 ** 30;

/** Kinds of {@linkcode RunnerUse.unet}. */
const denoiserKinds = ["unet", "shallow_unet"];

/**
 * The compiled programs of a model, each compiled when it is first used and shared by all runs.
 *
 * Programs that depend on the picture's size are kept for the last few sizes only.
 */
export class Runners {
  readonly #pool: ProgramPool;
  readonly #parts: ModelParts;
  readonly #gradients: GradientPool;
  readonly #remembered = new RememberedRuns();
  readonly #ownMemory: boolean;

  /**
   * Takes the files of a model and an executor; nothing is compiled yet.
   *
   * @param name Name of the model in messages.
   */
  constructor(executor: Executor, parts: ModelParts, name = "model") {
    this.#pool = new ProgramPool(executor, name);
    this.#parts = parts;
    this.#ownMemory = executor.ownMemory ?? false;
    this.#gradients = new GradientPool(executor.name as BackendName);
  }

  /**
   * The programs for one user, who holds those that it takes until it closes.
   *
   * @throws {LocRefError} `disposed` if the model was.
   */
  open(): RunnerUse {
    this.#pool.checkOpen();
    return new RunnerUse(
      this.#pool,
      this.#parts,
      this.#gradients,
      this.#remembered,
    );
  }

  /**
   * Frees the unused programs that are used once a scene and hold more than `bytes` bytes of weights.
   * One that was compiled before stays where the machine has memory for it, and 4 GiB more.
   *
   * @param free Memory of the machine that is free. @default {as the system says, none where it is unknown}
   */
  async releaseEncoders(
    bytes: number,
    free = freeMemory() ?? 0,
  ): Promise<void> {
    const fits = fitsAgain(free);
    for (const one of modelPrograms(this.#parts, anySize)) {
      if (!one.onceAScene) continue;
      const named = (name: string) => isSkipped(name, one.name);
      await this.#pool.release(named, bytes, fits);
    }
  }

  /**
   * Frees the unused programs of controls that a run does without, as {@linkcode releaseEncoders} does
   * those of encoders.
   *
   * @param ids Numbers of the controls that the run has.
   */
  async releaseControls(
    ids: readonly number[],
    bytes: number,
    free = freeMemory() ?? 0,
  ): Promise<void> {
    const unneeded = (name: string) => {
      const id = controlIdOf(name);
      return id !== undefined && !ids.includes(id);
    };
    await this.#pool.release(unneeded, bytes, fitsAgain(free));
  }

  /**
   * Frees the unused denoisers before a picture is decoded, where that takes much memory: the machine
   * then must have enough for their weights, the decoder and 4 GiB more. On a device with memory of its
   * own they stay: opening one there takes longer than a picture.
   *
   * @param decoding Bytes that decoding takes.
   * @param free Memory of the machine that is free. @default {as the system says, none where it is unknown}
   */
  async releaseDenoisers(
    decoding: number,
    free = freeMemory() ?? 0,
  ): Promise<void> {
    if (this.#ownMemory || decoding < muchToDecode) return;
    await this.#pool.release(
      (_, kind) => kind !== undefined && denoiserKinds.includes(kind),
      largeDenoiser,
      (bytes) => free >= bytes + decoding + reserved,
    );
  }

  /** Frees everything; what runs at this moment is waited for, and what would go on fails. */
  async dispose(): Promise<void> {
    this.#remembered.clear();
    await this.#gradients.dispose();
    await this.#pool.dispose();
  }
}

/** Whether a program of so many bytes that is needed again leaves memory for pictures. */
function fitsAgain(free: number) {
  return (bytes: number, again: boolean): boolean =>
    again && free >= bytes + reserved;
}
