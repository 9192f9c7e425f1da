/** Models that LocRef has no place for, so that people need not guess. */

import { commandLine } from "../core/command/command_line.ts";
import type { WeightIdentity, WeightView } from "./identify/weight_identity.ts";

const LOAD_OTHER =
  "Load stable-diffusion-v1-5/stable-diffusion-v1-5 in its place";

/** A tensor by which a model is known, and the model. */
const MODELS: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)double_blocks\.\d+\.img_attn\./, "FLUX in the original layout"],
  [/^single_transformer_blocks\.\d+\./, "transformer of FLUX"],
  [/(^|\.)joint_blocks\.\d+\.x_block\./, "Stable Diffusion 3"],
  [
    /^transformer_blocks\.\d+\.attn\.add_[qkv]_proj\./,
    "transformer of Stable Diffusion 3",
  ],
  [
    /motion_modules?\.\d+\..*temporal_transformer/,
    "motion module of AnimateDiff",
  ],
  [/(^|\.)down_blocks\.0\.motion_modules\./, "motion module of AnimateDiff"],
  [/\.fuser\.(linear|attn)\b/, "UNet of GLIGEN"],
  [
    /^(encoder\.)?block\.0\.layer\.0\.SelfAttention\.q\.weight$/,
    "T5 text encoder",
  ],
  [/^vision_model\.head\.probe$/, "SigLIP image encoder"],
  [
    /^(caption_projection\.linear_1|adaln_single\.linear|transformer_blocks\.0\.attn1\.to_q)\.weight$/,
    "diffusion transformer (PixArt, SANA or the like)",
  ],
  [
    /^quantize\.(embedding\.weight|embed$)/,
    "VQ-VAE, which has no latents of Stable Diffusion",
  ],
  [/^decoder_unet\./, "consistency decoder"],
  [
    /^(concept|special_care)_embeds(_weights)?$/,
    "safety checker of Stable Diffusion",
  ],
  [/\.to_[kv]_custom_diffusion\.weight$/, "differences of Custom Diffusion"],
  [/^(exp_avg|exp_avg_sq|optimizer)[._]/, "state of an optimizer"],
  [
    /^(language_)?model\.(language_model\.)?layers\.\d+\.self_attn\.q_proj\.weight$/,
    "language model",
  ],
];

/** The detector that judges pictures of the pocket model. */
export function pocketDetector(
  { has, dim }: WeightView,
): WeightIdentity | undefined {
  if (!has("block_eighth.conv1.weight") || !has("distances.weight")) return;
  const classes = dim("logits.weight", 0);
  return {
    kind: "pocket-detector",
    what: `detector of the pocket family, ${classes} classes`,
    next: `Judge pictures with its folder: ${commandLine("eval coco --help")}`,
  };
}

/** Tiny VAEs, under the names of diffusers or in one of the original's two files. */
export function tinyVae({ find, has }: WeightView): WeightIdentity | undefined {
  const both = find(/^(encoder|decoder)\.layers\.\d+\.conv\.0\.weight$/);
  const one = find(/^\d+\.conv\.0\.weight$/);
  if (both === undefined && one === undefined) return;
  const side = has("0.weight") ? "encoder" : "decoder";
  return {
    kind: "taesd",
    what: both ? "tiny VAE (TAESD)" : `${side} of a tiny VAE (TAESD)`,
    next: `Load a base with it${
      both ? "" : ", the other of its two files beside it"
    }: LocRef.load(BASE, { taesd: FILE }), or --taesd FILE`,
  };
}

/** Image encoders that compare pictures, and condition nothing. */
export function comparingEncoder(
  { find }: WeightView,
): WeightIdentity | undefined {
  const dinov2 = find(
    /^(dinov2\.)?(encoder\.layer\.0\.layer_scale1|embeddings\.mask_token)|^blocks\.0\.ls1/,
  );
  const vit = find(
    /^(vit\.)?(encoder\.layer\.0\.attention\.attention\.query\.weight|embeddings\.cls_token)$|^blocks\.0\.attn\.qkv\./,
  );
  if (dinov2 === undefined && vit === undefined) return;
  return {
    kind: "other-model",
    what: dinov2 === undefined
      ? "vision transformer (ViT or DINO)"
      : "DINOv2 image encoder",
    next:
      `Compare pictures with it, by its folder in the layout of transformers: ${
        commandLine("eval run --encoder FOLDER")
      }`,
    unusable: "it compares pictures, and no model is conditioned by it",
  };
}

/** Models of other families. */
export function otherModel({ find }: WeightView): WeightIdentity | undefined {
  const found = MODELS.find(([pattern]) => find(pattern) !== undefined);
  if (found === undefined) return;
  return {
    kind: "other-model",
    what: found[1],
    next: LOAD_OTHER,
    unusable:
      "LocRef takes Stable Diffusion 1.x, 2.x and XL, and what goes with them",
  };
}

/** Names of ESRGAN, its variants and SwinIR, which may stand under "params" or "params_ema". */
const UPSCALERS: readonly RegExp[] = [
  /^(params(_ema)?\.)?model\.1\.sub\.\d+\.(RDB1\.conv1|res)\./,
  /^(params(_ema)?\.)?(body|RRDB_trunk|trunk)\.\d+\.rdb1\.conv1\./i,
  /^(params(_ema)?\.)?layers\.\d+\.(residual_group\.)?blocks\.\d+\.(attn|norm1)\./,
  /^(params(_ema)?\.)?(upconv1|conv_up1|conv_hr|upsample\.0)\.weight$/,
];

/** Networks that enlarge pictures. */
export function upscaler(view: WeightView): WeightIdentity | undefined {
  const { find, dim } = view;
  const known = UPSCALERS.some((pattern) => find(pattern) !== undefined);
  if (!known && !isCompact(view)) return;
  const first = find(/(^|\.)(conv_first|model\.0|body\.0)\.weight$/);
  const channels = first === undefined ? undefined : dim(first, 1);
  return {
    kind: "upscaler",
    what: `upscaler of pictures (ESRGAN, SwinIR or the like)${
      channels === 3 ? ", for RGB" : ""
    }`,
    next: "Use it on the finished picture with a program for upscaling",
    unusable: "LocRef does not enlarge pictures",
  };
}

/** Real-ESRGAN's compact form: convolutions of 3 × 3 with one slope a channel between them. */
function isCompact({ info, find }: WeightView): boolean {
  const slope = find(/^(params(_ema)?\.)?body\.1\.weight$/);
  if (slope === undefined || info(slope)!.shape.length !== 1) return false;
  const first = info(slope.replace("body.1.", "body.0."))?.shape;
  return first?.length === 4 && first[2] === 3;
}
