import { commandLine } from "../core/command_line.ts";
import { inputProblem } from "./unet_channels.ts";
import { controlnet, ipAdapter, locref, lora } from "./identify_adapters.ts";
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
  return {
    kind: "unknown",
    what: "no checkpoint that is known here",
    next:
      "Look at its metadata and tensor names, or ask where it comes from: LocRef takes Stable Diffusion 1.5 parts, CLIP, BLIP, IP-Adapter and its own adapters",
    unusable: "it is of no kind that LocRef takes",
  };
}

const RULES: readonly IdentityRule[] = [
  locref,
  ipAdapter,
  lora,
  controlnet,
  singleFile,
  blip,
  clip,
  vae,
  unet,
  textualInversion,
];

function singleFile({ dim, find }: WeightView): WeightIdentity | undefined {
  const first = find(/^model\.diffusion_model\.input_blocks\.0\.0\.weight$/);
  if (first === undefined) return;
  const read = find(/^model\.diffusion_model\..*attn2\.to_k\.weight$/);
  const base = find(/^conditioner\.embedders\./)
    ? "Stable Diffusion XL"
    : baseOf(read === undefined ? undefined : dim(read, 1));
  return {
    kind: "sd-checkpoint",
    what: `${base ?? "Stable Diffusion"} in a single file`,
    base,
    next:
      "Turn it into a folder with diffusers (StableDiffusionPipeline.from_single_file(FILE).save_pretrained(DIR)), or load a repository in that layout, such as stable-diffusion-v1-5/stable-diffusion-v1-5",
    unusable: "LocRef reads models in the folder layout of diffusers",
  };
}

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

function clip({ has, dim }: WeightView): WeightIdentity | undefined {
  const patches = "vision_model.embeddings.patch_embedding.weight";
  const words = "text_model.embeddings.token_embedding.weight";
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
  return {
    kind: "clip-text",
    what: `CLIP text encoder of width ${dim(words, 1)}`,
    base: baseOf(dim(words, 1)),
    next: "It is the text_encoder of a base model: load the model's folder",
  };
}

function vae({ has, dim }: WeightView): WeightIdentity | undefined {
  if (!has("encoder.conv_in.weight") || !has("decoder.conv_in.weight")) return;
  const latent = dim("decoder.conv_in.weight", 1);
  return {
    kind: "vae",
    what: `VAE with ${latent} latent channels`,
    next: "It is the vae of a base model: load the model's folder",
  };
}

function unet({ has, dim, find }: WeightView): WeightIdentity | undefined {
  if (!has("conv_in.weight") || !find(/^time_embedding\./)) return;
  const read = find(/attn2\.to_k\.weight$/);
  const base = read === undefined ? undefined : baseOf(dim(read, 1));
  const channels = dim("conv_in.weight", 1);
  const latents = dim("conv_out.weight", 0);
  const unusable = has("add_embedding.linear_1.weight")
    ? "LocRef has no UNet of the XL kind"
    : channels === undefined
    ? undefined
    : inputProblem(channels, Math.min(channels, latents ?? 4));
  return {
    kind: "unet",
    what: `${base?.startsWith("Stable") ? `UNet of ${base}` : "UNet"}${
      channels === 9 ? ", inpainting" : ""
    }`,
    base,
    next: unusable
      ? "Load stable-diffusion-v1-5/stable-diffusion-v1-5 in its place"
      : "It is the unet of a base model: load the model's folder",
    unusable,
  };
}

function textualInversion(view: WeightView): WeightIdentity | undefined {
  const names = view.names();
  const one = names.length === 1 && view.info(names[0]!)!.shape.length <= 2;
  if (!one && !view.has("emb_params")) return;
  if (!view.has("emb_params") && !/^<.*>$/.test(names[0]!)) return;
  return {
    kind: "textual-inversion",
    what: "textual inversion",
    next: "Place a reference picture with the caption in its place",
    unusable: "LocRef does not add words to the tokenizer",
  };
}
