import type { Size } from "../../core/geometry.ts";
import type { StepPrograms } from "./denoise_options.ts";
import type { StepForm } from "../prepare/prepare_scene.ts";
import type { RunnerUse } from "../programs/runner_use.ts";

/** Settings of a run that its programs depend on. */
export interface StepProgramOptions {
  /** Height and width of the latents. */
  readonly size: Size;
  readonly trace?: boolean;
  /** The whole denoiser runs in every n-th step. */
  readonly deepEvery: number;
}

/**
 * The denoiser's programs by form, each compiled when a step first needs it: a step without an
 * adapter runs a program without it.
 */
export function stepPrograms(
  runners: RunnerUse,
  { size, trace, deepEvery }: StepProgramOptions,
): (form: StepForm) => Promise<StepPrograms> {
  const known = new Map<string, Promise<StepPrograms>>();
  const compile = async (own: StepForm): Promise<StepPrograms> => {
    const { adapters, captions } = own;
    const form = { size, trace, adapters, captions };
    if (deepEvery === 1) return { unet: await runners.unet(form) };
    return {
      unet: await runners.unet({ ...form, deep: "keep" }),
      shallow: await runners.unet({ ...form, deep: "reuse" }),
    };
  };
  return (form) => {
    const key = [
      form.captions,
      ...form.adapters.map(({ prefix }) => prefix),
    ].join();
    const found = known.get(key) ?? compile(form);
    known.set(key, found);
    return found;
  };
}
