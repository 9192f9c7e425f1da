/** Which model a checkpoint in one file is, and what it predicts, from names, shapes and metadata. */

import { quotePath } from "../../core/machine/system_error.ts";
import { LocRefError } from "../../core/error.ts";
import { identifyWeights } from "../identify/identify_weights.ts";
import { viewOf, type WeightHeader } from "../identify/weight_identity.ts";
import {
  fileInputs,
  inputProblem,
  latentsOf,
  usualLatents,
} from "../unet_channels.ts";
import { type FileParts, partPrefix } from "./part_prefixes.ts";

/** Families whose checkpoints come in one file. */
export type Family = "sd1" | "sd2" | "sdxl";

/** Names of families in messages. */
export const familyNames: Readonly<Record<Family, string>> = {
  sd1: "Stable Diffusion 1.x",
  sd2: "Stable Diffusion 2.x",
  sdxl: "Stable Diffusion XL",
};

/** Kinds of prediction, by the names of diffusers' configs. */
export type PredictionType = "epsilon" | "v_prediction" | "sample";

/** The parts of a whole checkpoint: a text encoder without a prefix is none of its parts. */
export function findParts(header: Pick<WeightHeader, "info">): FileParts {
  const found = (part: keyof FileParts) => {
    const prefix = partPrefix(header, part);
    return prefix === "" && part !== "unet" ? undefined : prefix;
  };
  return {
    unet: found("unet"),
    vae: found("vae"),
    text_encoder: found("text_encoder"),
    text_encoder_2: found("text_encoder_2"),
  };
}

/**
 * The family of a checkpoint in one file.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it is no such checkpoint, or of another family.
 */
export function familyOf(
  header: WeightHeader,
  { path, parts }: { path: string; parts: FileParts },
): Family {
  const { unet: prefix } = parts;
  if (prefix === undefined) throw otherKind(header, path);
  const view = viewOf(header);
  refuseInputs(header, prefix, path);
  const read = view.names().find((name) =>
    name.startsWith(prefix) && /attn2\.to_k\.weight$/.test(name)
  );
  const width = read === undefined ? undefined : view.dim(read, 1);
  if (width === 1280 && !view.find(/^cond_stage_model\./)) {
    throw refused(
      path,
      "the refiner of Stable Diffusion XL, which makes no picture by itself",
    );
  }
  if (view.find(/^conditioner\./) || width === 2048) return "sdxl";
  if (view.find(/^cond_stage_model\.model\./) || width === 1024) return "sd2";
  if (view.find(/^cond_stage_model\./) || width === 768) return "sd1";
  throw refused(
    path,
    `a UNet for text of width ${width ?? 0}, which is none of ${
      Object.values(familyNames).join(", ")
    }`,
  );
}

/**
 * Refuses a UNet that reads more than latents and a mask, which is another kind of model.
 *
 * @throws {LocRefError} `checkpoint-mismatch`.
 */
export function refuseInputs(
  header: WeightHeader,
  prefix: string,
  path: string,
): void {
  const first = header.info(`${prefix}input_blocks.0.0.weight`) ??
    header.info(`${prefix}conv_in.weight`);
  const reads = first?.shape[1] ?? usualLatents;
  if (fileInputs.includes(reads)) return;
  const last = header.info(`${prefix}out.2.weight`) ??
    header.info(`${prefix}conv_out.weight`);
  const latents = latentsOf(reads, last?.shape[0]);
  const problem = inputProblem(reads, latents) ??
    `its latents have ${latents} channels`;
  throw refused(
    path,
    `no model that is used here: ${problem}. A UNet in one file must read ${
      fileInputs.join(" or ")
    } channels`,
  );
}

function otherKind(header: WeightHeader, path: string): LocRefError {
  const { what, unusable } = identifyWeights(header);
  const ema = header.names().some((name) => name.startsWith("model_ema."))
    ? ", and its averaged weights alone are not read"
    : "";
  return refused(
    path,
    `no checkpoint with a UNet of Stable Diffusion but ${what}${
      unusable === undefined ? "" : ` (${unusable})`
    }${ema}`,
  );
}

function refused(path: string, what: string): LocRefError {
  return new LocRefError(
    "checkpoint-mismatch",
    `Model ${quotePath(path)} is ${what}`,
  );
}
