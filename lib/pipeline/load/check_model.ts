import { checkTogether } from "../../adapters/check_adapter.ts";
import type { NamedPart } from "../../bases/base.ts";
import { checkPart } from "../../bases/check_part.ts";
import { noiseSchedule } from "../../ddim/noise_schedule.ts";
import { clipImageProgram } from "../../encoders/clip_image.ts";
import { checkTaesd } from "../../encoders/taesd/check_taesd.ts";
import type { ModelParts } from "./model_parts.ts";

/** The other tower of a whole CLIP, whose checkpoints may stand for one tower. */
const textTower = [/^text_model\./];

/**
 * Compares every tensor of a model's files with what its programs use, before anything is loaded.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming missing, extra and misshapen tensors of a
 * file, or the parts that do not fit together; `config-invalid` if the schedule cannot be run.
 */
export function checkModel(parts: ModelParts): void {
  const { base, adapters, imageEncoder, taesd } = parts;
  noiseSchedule(base.scheduler, base.schedulerFile);
  base.check();
  const encoder = imageEncoderPart(parts);
  if (encoder && imageEncoder) {
    checkPart(encoder, [clipImageProgram(imageEncoder.config)]);
  }
  if (taesd) checkTaesd(taesd, base.latent);
  for (const adapter of adapters) adapter.check(base);
  checkTogether(adapters);
}

/** The image encoder with what its file must be. */
function imageEncoderPart(
  { imageEncoder }: Pick<ModelParts, "imageEncoder">,
): NamedPart | undefined {
  return imageEncoder && {
    ...imageEncoder,
    name: "image_encoder",
    kinds: ["clip-vision", "clip"],
    expected: "CLIP image encoder",
    ignore: textTower,
  };
}
