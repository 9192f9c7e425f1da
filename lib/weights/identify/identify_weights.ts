import { quote } from "../../core/quote.ts";
import { partUse } from "../missing_part.ts";
import { commandLine } from "../../core/command/command_line.ts";
import {
  coordinateChannels,
  fileInputs,
  inputProblem,
  latentsOf,
  usualLatents,
} from "../unet_channels.ts";
import { ipAdapter, locref, savedIpAdapter } from "./identify_adapters.ts";
import {
  fastComposer,
  gligen,
  migc,
  msDiffusion,
} from "./identify_baselines.ts";
import {
  controlnet,
  lora,
  lycoris,
  t2iAdapter,
  textualInversion,
} from "../identify_differences.ts";
import {
  channelForm,
  originalClip,
  originalUnet,
  originalVae,
  singleFile,
} from "../identify_originals.ts";
import {
  comparingEncoder,
  otherModel,
  pocketDetector,
  tinyVae,
  upscaler,
} from "../identify_others.ts";
import {
  baseOf,
  type IdentityRule,
  viewOf,
  type WeightHeader,
  type WeightIdentity,
  type WeightView,
} from "./weight_identity.ts";

/** Says what a checkpoint is. Looks at no values. */
export function identifyWeights(header: WeightHeader): WeightIdentity {
  const view = viewOf(header);
  for (const rule of RULES) {
    const found = rule(view);
    if (found) return found;
  }
  const names = view.names();
  if (names.length === 0) {
    return {
      kind: "unknown",
      what: "safetensors file without tensors",
      next: "Take the file from where it was made",
      unusable: "it holds nothing",
    };
  }
  return {
    kind: "unknown",
    what: "no checkpoint that is known here",
    next: `Look at its metadata and tensor names (the first is ${
      quote(names[0])
    }), or ask where it comes from: LocRef takes Stable Diffusion 1.5 parts, CLIP, BLIP, IP-Adapter and its own adapters`,
    unusable: "it is of no kind that LocRef takes",
  };
}

const RULES: readonly IdentityRule[] = [
  locref,
  gligen,
  migc,
  msDiffusion,
  fastComposer,
  ipAdapter,
  savedIpAdapter,
  lycoris,
  lora,
  controlnet,
  t2iAdapter,
  singleFile,
  originalUnet,
  tinyVae,
  pocketDetector,
  otherModel,
  comparingEncoder,
  originalVae,
  blip,
  clip,
  originalClip,
  vae,
  unet,
  upscaler,
  textualInversion,
];

function blip({ has, find }: WeightView): WeightIdentity | undefined {
  if (!has("vision_model.embeddings.class_embedding")) return;
  if (!find(/^text_decoder\.bert\./)) return;
  return {
    kind: "blip",
    what: "BLIP captioner",
    next: `Use its folder to caption pictures: ${
      commandLine("dataset --help")
    }`,
  };
}

const CLIP_SIZES = new Map([
  ["768/32", "ViT-B/32"],
  ["768/16", "ViT-B/16"],
  ["1024/14", "ViT-L/14"],
  ["1280/14", "ViT-H/14"],
  ["1664/14", "ViT-bigG/14"],
]);

/** A part under the names of diffusers may lie in a folder of its own. */
const orFolder = "; where config.json lies beside it, its folder will do too";

function clip({ has, dim }: WeightView): WeightIdentity | undefined {
  const patches = "vision_model.embeddings.patch_embedding.weight";
  const wrapped = "text_model.embeddings.token_embedding.weight";
  const words = has(wrapped) ? wrapped : "embeddings.token_embedding.weight";
  const [vision, text] = [has(patches), has(words)];
  if (!vision && !text) return;
  const width = dim(patches, 0);
  const size = vision
    ? CLIP_SIZES.get(`${width}/${dim(patches, 2)}`) ??
      `width ${width}, patches of ${dim(patches, 2)}`
    : "";
  if (vision && text) {
    return {
      kind: "clip",
      what: `CLIP with both towers, ${size}`,
      next: "Give its folder (with config.json) as imageEncoder",
    };
  }
  if (vision) {
    return {
      kind: "clip-vision",
      what: `CLIP image encoder, ${size}`,
      next: "Give its folder (with config.json) as imageEncoder",
    };
  }
  const textWidth = dim(words, 1);
  const isSecond = has("text_projection.weight") && textWidth === 1280;
  return {
    kind: "clip-text",
    what: `CLIP text encoder of width ${textWidth}`,
    base: baseOf(isSecond ? 2048 : textWidth),
    next: partUse(isSecond ? "text_encoder_2" : "text_encoder") + orFolder,
  };
}

function vae({ has, dim }: WeightView): WeightIdentity | undefined {
  if (!has("encoder.conv_in.weight") || !has("decoder.conv_in.weight")) return;
  const latent = dim("decoder.conv_in.weight", 1);
  return {
    kind: "vae",
    what: `VAE with ${latent} latent channels`,
    next: partUse("vae") + orFolder,
  };
}

/** Layers that read what LocRef does not give, and what that is. */
const unetInputs: readonly (readonly [RegExp, string])[] = [
  [
    /^class_embedding\./,
    "it also reads a class, a noise level or the vector of a picture",
  ],
  [
    /\.base_layer\.weight$/,
    "it was saved with a LoRA beside its weights, which must be fused first (pipe.fuse_lora(), pipe.unload_lora_weights())",
  ],
];

function unet(
  { has, dim, find, coordinates = 0 }: WeightView,
): WeightIdentity | undefined {
  if (!has("conv_in.weight") || !find(/^time_embedding\./)) return;
  const read = find(/attn2\.to_k\.weight$/);
  const base = read === undefined ? undefined : baseOf(dim(read, 1));
  const all = dim("conv_in.weight", 1);
  const channels = all === undefined
    ? undefined
    : all - coordinateChannels(coordinates);
  const latents = dim("conv_out.weight", 0);
  const unusable = unetInputs.find(([key]) => find(key))?.[1] ??
    (find(/\.transformer_blocks\./) === undefined
      ? "it reads no text"
      : channels === undefined
      ? undefined
      : inputProblem(all!, latentsOf(channels, latents), coordinates));
  return {
    kind: "unet",
    what: `${base?.startsWith("Stable") ? `UNet of ${base}` : "UNet"}${
      channelForm(channels)
    }${
      find(/^time_embedding\.cond_proj\.weight$/)
        ? ", distilled with its guidance (LCM)"
        : ""
    }`,
    base,
    next: unusable
      ? "Load stable-diffusion-v1-5/stable-diffusion-v1-5 in its place"
      : fileInputs.includes(all ?? usualLatents) && coordinates === 0
      ? partUse("unet") + orFolder
      : "Load a base with its folder, where config.json lies beside it: LocRef.load(BASE, { unet: FOLDER }), or --unet FOLDER",
    unusable,
  };
}
