import { modelPrograms } from "./model_programs.ts";
import type { NamedProgram } from "../../bases/base.ts";
import { noiseSchedule } from "../../ddim/noise_schedule.ts";
import { LocRefError } from "../../core/error.ts";
import type { Program } from "../../ops/executor.ts";
import { listWeights } from "../../ops/list_weights.ts";
import {
  checkWeights,
  compareWeights,
  describeDifference,
} from "../../weights/safetensors/check_weights.ts";
import { refuseOtherKind } from "../../weights/refuse_kind.ts";
import { inputProblem } from "../../weights/unet_channels.ts";
import type { ModelPart } from "../../weights/open_part.ts";
import type { ModelParts } from "./model_parts.ts";

/** Buffers that old checkpoints hold beside their weights, and heads that are not used here. */
const harmless = [
  /position_ids$/,
  /^text_projection\.weight$/,
  /^logit_scale$/,
];

/** The other tower of a whole CLIP, whose checkpoints may stand for one tower. */
const imageTower = [/^vision_model\./, /^visual_projection\.weight$/];
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
  const all = modelPrograms(parts, { size: { height: 8, width: 8 } });
  const of = (wanted: NamedProgram["part"]) =>
    all.filter(({ part }) => part === wanted).map(({ program }) => program());
  checkChannels(base);
  checkPart(base.text, {
    kind: "clip-text",
    programs: of("text"),
    ignore: imageTower,
  });
  checkPart(base.unet, {
    kind: "unet",
    programs: of("unet"),
  });
  checkPart(base.vae, {
    kind: "vae",
    programs: of("vae"),
  });
  checkFit(
    base.text.folder,
    `text of width ${base.text.config.hidden_size}`,
    base.text.config.hidden_size === base.unet.config.cross_attention_dim,
    `the UNet reads ${base.unet.config.cross_attention_dim}`,
  );
  if (imageEncoder) {
    checkPart(imageEncoder, {
      kind: "clip-vision",
      programs: of("image"),
      ignore: textTower,
    });
  }
  if (adapter) checkAdapter(parts, () => of("adapter"));
}

function checkAdapter(
  parts: ModelParts,
  programs: () => readonly Program[],
): void {
  const { base, adapter, imageEncoder } = parts;
  const { shape, weights, file } = adapter!;
  const wanted = base.unet.config.cross_attention_dim;
  const fits = shape.width === wanted;
  checkFit(
    file,
    `tokens of width ${shape.width}`,
    fits,
    `the UNet reads ${wanted}`,
  );
  checkWeights(expectedWeights(programs()), weights, {
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

/** The UNet reads and predicts latents of the VAE, and nothing else. */
function checkChannels({ unet, vae }: ModelParts["base"]): void {
  const { latent_channels: latents } = vae.config;
  const { in_channels: reads, out_channels: predicts } = unet.config;
  const problem = inputProblem(reads, latents) ??
    (predicts === latents
      ? undefined
      : `it predicts ${predicts} channels, but latents have ${latents}`);
  if (problem === undefined) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `LocRef cannot use "${unet.folder}": ${problem}`,
  );
}

const partNames = {
  "clip-text": "CLIP text encoder",
  "clip-vision": "CLIP image encoder",
  unet: "UNet in the layout of diffusers",
  vae: "VAE in the layout of diffusers",
} as const;

interface WantedPart {
  readonly kind: keyof typeof partNames;
  readonly programs: readonly Program[];
  /** Names that are no extras. */
  readonly ignore?: readonly RegExp[];
}

/** Compares a part's tensors with its programs; before it blames one, it asks what the file is. */
function checkPart(part: ModelPart<unknown>, wanted: WantedPart): void {
  const file = `Checkpoint "${part.folder}"`;
  const expected = expectedWeights(wanted.programs);
  const options = { file, ignore: [...harmless, ...wanted.ignore ?? []] };
  const difference = compareWeights(expected, part.weights, options);
  if (describeDifference(difference).length === 0) return;
  refuseOtherKind(part.weights, {
    kinds: wanted.kind.startsWith("clip")
      ? [wanted.kind, "clip"]
      : [wanted.kind],
    file,
    expected: partNames[wanted.kind],
  });
  checkWeights(expected, part.weights, options);
}

/** Names and shapes of the weights of several programs together. */
export function expectedWeights(
  programs: readonly Program[],
): Map<string, readonly number[]> {
  return new Map(programs.flatMap((program) => [...listWeights(program)]));
}

function checkFit(
  file: string,
  what: string,
  fits: boolean,
  other: string,
): void {
  if (fits) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `"${file}" has ${what}, but ${other}`,
  );
}
