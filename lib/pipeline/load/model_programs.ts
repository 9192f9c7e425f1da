import {
  type AdapterProgram,
  programsOf,
} from "../../adapters/adapter_programs.ts";
import type { NamedProgram } from "../../bases/base.ts";
import type { DenoiserForm } from "../../bases/denoiser_shape.ts";
import { clipImageProgram } from "../../encoders/clip_image.ts";
import { taesdDecoderProgram } from "../../encoders/taesd/taesd_decoder.ts";
import type { ModelParts } from "./model_parts.ts";

/** A program of a model; one of an adapter says whose. */
export type ModelProgram =
  & NamedProgram
  & Partial<Pick<AdapterProgram, "owner" | "ownName">>;

/**
 * Every program that a model consists of, for latents and adapters of the form: the one list that
 * runs, checks and exports read.
 */
export function modelPrograms(
  { base, adapters, imageEncoder, taesd }: ModelParts,
  form: DenoiserForm,
): ModelProgram[] {
  const list: ModelProgram[] = [...base.programs(form)];
  if (imageEncoder) {
    const { config, weights } = imageEncoder;
    const program = () => clipImageProgram(config);
    list.push({
      name: "image_encoder",
      part: "image_encoder",
      weights,
      onceAScene: true,
      program,
    });
  }
  if (taesd) {
    const { config, weights } = taesd;
    const program = () => taesdDecoderProgram(config, form.size);
    list.push({ name: "taesd_decoder", part: "taesd", weights, program });
  }
  return [...list, ...programsOf(adapters, base, form.size)];
}
