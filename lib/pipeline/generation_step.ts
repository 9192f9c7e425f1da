import type { Picture } from "./picture.ts";

/** One step of a run, after it was taken. */
export interface GenerationStep {
  /** Steps taken so far, from 1. */
  readonly step: number;
  /** Steps in all. */
  readonly total: number;
  /**
   * Steps in all.
   *
   * @deprecated since 0.2, use `total`.
   */
  readonly of: number;
  /** Training timestep passed to the model, falling from about 1000 to 0. */
  readonly timestep: number;
  /** Decodes the clean picture that the model predicts at this step. */
  preview(): Promise<Picture>;
}
