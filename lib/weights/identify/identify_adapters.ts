import { clipEncoderOf } from "./clip_encoders.ts";
import { commandLine } from "../../core/command/command_line.ts";
import {
  baseOf,
  type WeightIdentity,
  type WeightKind,
  type WeightView,
} from "./weight_identity.ts";

const LOAD_BASE = 'LocRef.load("stable-diffusion-v1-5/stable-diffusion-v1-5"';

/** LocRef's own adapters. */
export function locref(
  { metadata, has, dim }: WeightView,
): WeightIdentity | undefined {
  if (
    metadata.format !== "locref" && !has("appearance_net.proj.0.weight")
  ) return;
  const base = metadata.base ?? baseOf(dim("appearance_net.norm.weight", 0));
  return {
    kind: "locref",
    what: `LocRef adapter${
      metadata.tokens ? ` with ${metadata.tokens} tokens` : ""
    }`,
    base,
    next:
      `Load it with LocRef.load(BASE, { adapter: FILE, imageEncoder: FOLDER })${
        metadata.encoder ? `; it was trained with ${metadata.encoder}` : ""
      }`,
    unusable: metadata.format === "locref"
      ? undefined
      : 'its metadata lacks format = "locref"',
  };
}

/** IP-Adapters of all forms. */
export function ipAdapter(view: WeightView): WeightIdentity | undefined {
  const { dim, find } = view;
  const key = find(/^ip_adapter\.\d+\.to_k_ip\.weight$/);
  if (key === undefined || !find(/^image_proj\./)) return;
  const textWidth = dim(key, 1);
  if (isFaceId(view)) return faceId(textWidth);
  const [kind, form, first] = ipAdapterForm(view);
  return {
    kind,
    what: `IP-Adapter, ${form} form, on image features of width ${
      dim(`image_proj.${first}.weight`, 1) ?? "?"
    }`,
    base: baseOf(textWidth),
    ...adapterUse(kind, textWidth, dim(`image_proj.${first}.weight`, 1)),
  };
}

/** Advice on an IP-Adapter, by the text that its base reads. */
function adapterUse(
  kind: WeightKind,
  textWidth: number | undefined,
  features: number | undefined,
): Pick<WeightIdentity, "next" | "unusable"> {
  if (textWidth === 2048) {
    const encoder = xlEncoder(kind, features);
    return {
      next:
        `Load it with LocRef.load("stabilityai/stable-diffusion-xl-base-1.0", { adapter: FILE, imageEncoder: "${encoder}" })`,
    };
  }
  if (textWidth !== 768) {
    return {
      next: `Load it with a base that reads text of width ${textWidth}`,
    };
  }
  const load =
    `Load it with ${LOAD_BASE}, { adapter: FILE, imageEncoder: "h94/IP-Adapter/models/image_encoder" })`;
  const convert = commandLine("adapter convert");
  return {
    next: kind === "ip-adapter-plus"
      ? load
      : `${load}, or make a LocRef file of it with "${convert}"`,
  };
}

const vitH = "h94/IP-Adapter/models/image_encoder";

/** The image encoder of an IP-Adapter for Stable Diffusion XL: ViT-H, unless it reads bigG's widths. */
function xlEncoder(kind: WeightKind, features: number | undefined): string {
  const input = kind === "ip-adapter-plus" ? "hidden" : "projection";
  return clipEncoderOf(input, features)?.folder ?? vitH;
}

const TAKE_SD15 =
  "Take ip-adapter_sd15, ip-adapter-plus_sd15 or ip-adapter-full-face_sd15 of h94/IP-Adapter in its place";

/** IP-Adapters among the weights of a pipeline, as newer libraries save them with its UNet. */
export function savedIpAdapter(
  { find }: WeightView,
): WeightIdentity | undefined {
  if (
    !find(
      /\.processor\.to_[kv]_ip\.\d+\.weight$|^encoder_hid_proj\.image_projection_layers\./,
    )
  ) {
    return;
  }
  return {
    kind: "other-model",
    what: "IP-Adapter under the names that diffusers loads it by",
    next: TAKE_SD15,
    unusable:
      "LocRef reads IP-Adapters under the names of their own repository",
  };
}

/** Width of what face recognisers give. */
const FACE_WIDTH = 512;

/**
 * FaceID in all its forms: with a LoRA, "plus" with both encoders, "portrait" without a LoRA (its
 * projection ends in a norm of its own), and resamplers of face features.
 */
function isFaceId({ has, dim, find }: WeightView): boolean {
  const form = has("image_proj.proj.0.weight") &&
    !has("image_proj.proj.3.weight");
  return find(/to_[qkv]_lora|to_out_lora/) !== undefined ||
    find(/^image_proj\.perceiver_resampler\./) !== undefined || form ||
    dim("image_proj.proj_in.weight", 1) === FACE_WIDTH;
}

/** Kind, its name, and the layer that reads the image features. */
function ipAdapterForm({ has }: WeightView): [WeightKind, string, string] {
  if (has("image_proj.latents")) return ["ip-adapter-plus", "plus", "proj_in"];
  return has("image_proj.proj.3.weight")
    ? ["ip-adapter-full", "full", "proj.0"]
    : ["ip-adapter-base", "base", "proj"];
}

function faceId(textWidth: number | undefined): WeightIdentity {
  return {
    kind: "ip-adapter-faceid",
    what: "IP-Adapter of the FaceID kind",
    base: baseOf(textWidth),
    next: TAKE_SD15,
    unusable:
      "it reads embeddings of a face recogniser, which LocRef does not have",
  };
}
