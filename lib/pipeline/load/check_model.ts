import type { NamedPart } from "../../bases/base.ts";
import {
  checkFit,
  checkPart,
  expectedWeights,
} from "../../bases/check_part.ts";
import { noiseSchedule } from "../../ddim/noise_schedule.ts";
import { LocRefError } from "../../core/error.ts";
import { clipImageProgram } from "../../encoders/clip_image.ts";
import { checkWeights } from "../../weights/safetensors/check_weights.ts";
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
  const { base, adapter, imageEncoder } = parts;
  noiseSchedule(base.scheduler, base.schedulerFile);
  base.check();
  const encoder = imageEncoderPart(parts);
  if (encoder && imageEncoder) {
    checkPart(encoder, [clipImageProgram(imageEncoder.config)]);
  }
  if (adapter) checkAdapter(parts);
}

/** The image encoder with what its file must be. */
export function imageEncoderPart(
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

function checkAdapter({ base, adapter, imageEncoder }: ModelParts): void {
  const { shape, weights, file } = adapter!;
  const wanted = base.textWidth;
  checkFit(
    file,
    `tokens of width ${shape.width}`,
    shape.width === wanted,
    `the UNet reads ${wanted}`,
  );
  const programs = adapter!.programs(base).map(({ program }) => program());
  checkWeights(expectedWeights(programs), weights, {
    file: `Adapter "${file}"`,
  });
  if (imageEncoder === undefined) {
    const message =
      `Adapter "${file}" needs an image encoder, and the model has none`;
    throw new LocRefError("checkpoint-mismatch", message);
  }
  const { hidden_size, projection_dim } = imageEncoder.config;
  const given = shape.input === "embeds" ? projection_dim : hidden_size;
  const reads = `features of width ${shape.inputWidth}`;
  checkFit(
    file,
    reads,
    given === shape.inputWidth,
    `the image encoder gives ${given}`,
  );
}
