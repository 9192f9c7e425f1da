import type { DenoiserForm, NamedProgram } from "../../bases/base.ts";
import { clipImageProgram } from "../../encoders/clip_image.ts";
import type { ModelParts } from "./model_parts.ts";

/**
 * Every program that a model consists of, for latents and adapters of the form: the one list that
 * runs, checks and exports read.
 */
export function modelPrograms(
  { base, adapter, imageEncoder }: ModelParts,
  form: DenoiserForm,
): NamedProgram[] {
  const list = [...base.programs(form)];
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
  return [...list, ...adapter?.programs(base) ?? []];
}
