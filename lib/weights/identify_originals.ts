/** Checkpoints in the layout of the original Stable Diffusion code, and of OpenCLIP. */

import {
  baseOf,
  type WeightIdentity,
  type WeightView,
} from "./identify/weight_identity.ts";
import { partUse } from "./missing_part.ts";
import { prefixProblem } from "./single_file/part_prefixes.ts";

/** Whole models in one file. */
export function singleFile(view: WeightView): WeightIdentity | undefined {
  const { dim, find } = view;
  const first = find(
    /^model\.diffusion_model\.input_blocks\.0\.0\.weight$|^unet\.(input_blocks\.0\.0|conv_in)\.weight$/,
  );
  if (first === undefined) return;
  const whole = find(
    /^(cond_stage_model|conditioner|first_stage_model|text_encoder|vae)\./,
  );
  const alone = whole === undefined ? originalUnet(view) : undefined;
  if (alone) return alone;
  const base = originalBase(view);
  const form = channelForm(dim(first, 1));
  return {
    kind: "sd-checkpoint",
    what: `${base ?? "Stable Diffusion"} in a single file${form}`,
    base,
    ...(base === XL_REFINER
      ? { next: LOAD_OTHER, unusable: "it makes no picture by itself" }
      : { next: "Load it: LocRef.load(FILE), or --model FILE" }),
  };
}

const LOAD_OTHER =
  "Load stable-diffusion-v1-5/stable-diffusion-v1-5 in its place";

const OTHER_PREFIX =
  "Save the file again with its tensors under one of those prefixes";

const XL_REFINER = "the refiner of Stable Diffusion XL";

function originalBase({ dim, find }: WeightView): string | undefined {
  const read = find(/(input|down)_blocks\..*attn2\.to_k\.weight$/);
  const width = read === undefined ? undefined : dim(read, 1);
  if (width === 1280) return XL_REFINER;
  if (find(/^conditioner\.embedders\./)) return "Stable Diffusion XL";
  if (find(/^cond_stage_model\.model\./)) return baseOf(1024);
  if (find(/^cond_stage_model\.transformer\./)) return baseOf(768);
  return baseOf(width);
}

/** How a UNet differs by what it reads beside the latents. */
export function channelForm(channels: number | undefined): string {
  if (channels === 9) return ", inpainting";
  if (channels === 8) return ", for pictures as input";
  return channels === 7 ? ", upscaling" : "";
}

/** The UNet of the original code, with or without its prefix. */
export function originalUnet(view: WeightView): WeightIdentity | undefined {
  const { dim, find } = view;
  const first = find(
    /^((model\.)?diffusion_model\.)?input_blocks\.0\.0\.weight$/,
  );
  const up = find(/^((model\.)?diffusion_model\.)?output_blocks\.0\.0\./);
  if (first === undefined || up === undefined) return;
  const base = originalBase(view);
  return {
    kind: "unet-original",
    what: `UNet${base?.startsWith("Stable") ? ` of ${base}` : ""}${
      channelForm(dim(first, 1))
    } in the original layout`,
    base,
    next: partUse("unet"),
  };
}

/** VAEs of the original code, alone, with or without a prefix. */
export function originalVae(view: WeightView): WeightIdentity | undefined {
  const { dim, find } = view;
  const down = find(/^(.*\.)?encoder\.down\.\d+\.block\.\d+\.conv1\.weight$/);
  const up = find(/^(.*\.)?decoder\.up\.\d+\.block\.\d+\.conv1\.weight$/);
  const found = up ?? down;
  if (found === undefined) return;
  const prefix = found.replace(/(encoder|decoder)\..*$/, "");
  const latent = dim(`${prefix}decoder.conv_in.weight`, 1) ??
    (dim(`${prefix}encoder.conv_out.weight`, 0) ?? 0) / 2;
  const half = up === undefined
    ? " (the encoder alone)"
    : down === undefined
    ? " (the decoder alone)"
    : "";
  const problem = prefixProblem(view, "vae");
  return {
    kind: "vae-original",
    what: `VAE${
      latent > 0 ? ` with ${latent} latent channels` : ""
    } in the original layout${half}`,
    ...(half
      ? {
        next:
          "Take the whole VAE, as a repository in the layout of diffusers has it in its folder vae",
        unusable: "both halves of a VAE are read",
      }
      : problem
      ? { next: OTHER_PREFIX, unusable: problem }
      : {
        next: partUse("vae"),
      }),
  };
}

/** CLIP under the names of OpenAI and OpenCLIP, or under the prefixes of whole checkpoints. */
export function originalClip(view: WeightView): WeightIdentity | undefined {
  const vision = view.find(
    /^(.*\.)?visual\.(conv1|trunk\.patch_embed\.proj)\.weight$/,
  );
  const text = view.find(
    /^(.*\.)?(transformer\.)?resblocks\.0\.attn\.in_proj_weight$/,
  );
  const prefixed = view.find(/^.+\.text_model\.embeddings\.token_embedding\./);
  const bare = vision ?? text;
  if (bare === undefined && prefixed === undefined) return;
  const words = view.find(/^(.*\.)?token_embedding\.weight$/);
  const tower = vision === undefined
    ? "text encoder"
    : words === undefined
    ? "image encoder"
    : "both towers";
  const width = words === undefined ? undefined : view.dim(words, 1);
  const part = width === secondWidth ? "text_encoder_2" : "text_encoder";
  const problem = prefixProblem(view, part);
  return {
    kind: "clip-original",
    what: bare === undefined
      ? "CLIP text encoder with a prefix before its names"
      : `CLIP in the layout of OpenCLIP, ${tower}`,
    next: vision === undefined
      ? problem ? OTHER_PREFIX : partUse(part)
      : "Take model.safetensors and config.json of the same model as transformers has it (such as laion/CLIP-ViT-H-14-laion2B-s32B-b79K), save its image tower alone (CLIPVisionModelWithProjection.from_pretrained(REPO).save_pretrained(DIR)) and give DIR as imageEncoder",
    unusable: vision === undefined
      ? problem
      : "LocRef reads CLIP's image tower under the names of transformers",
  };
}

/** Width of bigG's words, the second text encoder of SDXL. */
const secondWidth = 1280;
