import type { WeightSource } from "../ops/executor.ts";

/** What a checkpoint file can be. */
export type WeightKind =
  | "unet"
  | "vae"
  | "clip-text"
  | "clip-vision"
  | "clip"
  | "blip"
  | "locref"
  | "ip-adapter-base"
  | "ip-adapter-full"
  | "ip-adapter-plus"
  | "ip-adapter-faceid"
  | "lora"
  | "controlnet"
  | "sd-checkpoint"
  | "textual-inversion"
  | "unknown";

/** What a checkpoint is, found from the names and shapes of its tensors alone. */
export interface WeightIdentity {
  readonly kind: WeightKind;
  /** In words, such as `UNet of Stable Diffusion 1.x`. */
  readonly what: string;
  /** The model that it belongs to or fits, where that can be told. */
  readonly base?: string;
  /** What to do with it. */
  readonly next: string;
  /** Why it cannot be used here, where it cannot. */
  readonly unusable?: string;
}

/** Names, shapes and metadata of a checkpoint; no values. */
export interface WeightHeader extends Pick<WeightSource, "names" | "info"> {
  readonly metadata: Readonly<Record<string, string>>;
}

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

interface View extends WeightHeader {
  has(name: string): boolean;
  /** Dimension `axis` of the tensor `name`, or `undefined`. */
  dim(name: string, axis: number): number | undefined;
  /** The first name that matches. */
  find(pattern: RegExp): string | undefined;
}

function viewOf(header: WeightHeader): View {
  return {
    ...header,
    has: (name) => header.info(name) !== undefined,
    dim: (name, axis) => header.info(name)?.shape[axis],
    find: (pattern) => header.names().find((name) => pattern.test(name)),
  };
}

type Rule = (view: View) => WeightIdentity | undefined;

const RULES: readonly Rule[] = [
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

const BASES = new Map([
  [768, "Stable Diffusion 1.x"],
  [1024, "Stable Diffusion 2.x"],
  [2048, "Stable Diffusion XL"],
]);

function baseOf(textWidth: number | undefined): string | undefined {
  if (textWidth === undefined) return undefined;
  return BASES.get(textWidth) ?? `a UNet for text of width ${textWidth}`;
}

const LOAD_BASE = 'LocRef.load("stable-diffusion-v1-5/stable-diffusion-v1-5"';

function locref({ metadata, has, dim }: View): WeightIdentity | undefined {
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

function ipAdapter({ has, dim, find }: View): WeightIdentity | undefined {
  const key = find(/^ip_adapter\.\d+\.to_k_ip\.weight$/);
  if (key === undefined || !find(/^image_proj\./)) return;
  const base = baseOf(dim(key, 1));
  const usable = (
    kind: WeightKind,
    form: string,
    feature: number | undefined,
  ): WeightIdentity => ({
    kind,
    what: `IP-Adapter, ${form}, on image features of width ${feature ?? "?"}`,
    base,
    next: dim(key, 1) === 768
      ? `Load it with ${LOAD_BASE}, { adapter: FILE, imageEncoder: "h94/IP-Adapter/models/image_encoder" }), or make a LocRef file of it with "deno task adapter convert"`
      : `Load it with a base that reads text of width ${dim(key, 1)}`,
  });
  if (
    find(/to_q_lora|to_k_lora/) ||
    has("image_proj.perceiver_resampler.proj_in.weight")
  ) {
    return {
      kind: "ip-adapter-faceid",
      what: "IP-Adapter of the FaceID kind",
      base,
      next:
        "Take ip-adapter_sd15, ip-adapter-plus_sd15 or ip-adapter-full-face_sd15 of h94/IP-Adapter in its place",
      unusable:
        "it reads embeddings of a face recogniser, which LocRef does not have",
    };
  }
  if (has("image_proj.latents")) {
    return usable(
      "ip-adapter-plus",
      "plus form",
      dim("image_proj.proj_in.weight", 1),
    );
  }
  if (has("image_proj.proj.3.weight")) {
    return usable(
      "ip-adapter-full",
      "full form",
      dim("image_proj.proj.0.weight", 1),
    );
  }
  return usable(
    "ip-adapter-base",
    "base form",
    dim("image_proj.proj.weight", 1),
  );
}

function lora({ dim, find }: View): WeightIdentity | undefined {
  const part = find(
    /(lora_down|lora_up|lora_A|lora_B|lora\.down|lora\.up)\.(default\.)?weight$/,
  );
  if (part === undefined) return;
  const read = find(
    /attn2[._].*to_k.*(lora_down|lora_A|lora\.down)\.(default\.)?weight$/,
  );
  return {
    kind: "lora",
    what: "LoRA",
    base: read === undefined ? undefined : baseOf(dim(read, 1)),
    next:
      'Fuse it into its base with diffusers (pipe.fuse_lora(), then pipe.save_pretrained("DIR")) and load that folder',
    unusable: "LocRef loads whole models, not differences from them",
  };
}

function controlnet({ has, dim, find }: View): WeightIdentity | undefined {
  const original = find(/^control_model\.|^input_hint_block\./);
  if (!has("controlnet_cond_embedding.conv_in.weight") && !original) return;
  const read = find(/attn2\.to_k\.weight$/);
  return {
    kind: "controlnet",
    what: "ControlNet",
    base: read === undefined ? undefined : baseOf(dim(read, 1)),
    next: "Leave it out: boxes and references take its part in LocRef",
    unusable: "LocRef has no ControlNet",
  };
}

function singleFile({ dim, find }: View): WeightIdentity | undefined {
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

function blip({ has, find }: View): WeightIdentity | undefined {
  if (!has("vision_model.embeddings.class_embedding")) return;
  if (!find(/^text_decoder\.bert\./)) return;
  return {
    kind: "blip",
    what: "BLIP captioner",
    next: "Use its folder to caption pictures: deno task dataset --help",
  };
}

const CLIP_SIZES = new Map([
  ["768/32", "ViT-B/32"],
  ["768/16", "ViT-B/16"],
  ["1024/14", "ViT-L/14"],
  ["1280/14", "ViT-H/14"],
  ["1664/14", "ViT-bigG/14"],
]);

function clip({ has, dim }: View): WeightIdentity | undefined {
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
      next:
        "Save its image tower alone (CLIPVisionModelWithProjection.from_pretrained(DIR).save_pretrained(OTHER)) and give that as imageEncoder",
      unusable: "LocRef takes the two towers of CLIP in files of their own",
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

function vae({ has, dim }: View): WeightIdentity | undefined {
  if (!has("encoder.conv_in.weight") || !has("decoder.conv_in.weight")) return;
  const latent = dim("decoder.conv_in.weight", 1);
  return {
    kind: "vae",
    what: `VAE with ${latent} latent channels`,
    next: "It is the vae of a base model: load the model's folder",
  };
}

function unet({ has, dim, find }: View): WeightIdentity | undefined {
  if (!has("conv_in.weight") || !find(/^time_embedding\./)) return;
  const read = find(/attn2\.to_k\.weight$/);
  const base = read === undefined ? undefined : baseOf(dim(read, 1));
  const channels = dim("conv_in.weight", 1);
  const unusable = has("add_embedding.linear_1.weight")
    ? "LocRef has no UNet of the XL kind"
    : channels === 9
    ? "it is an inpainting UNet, which also reads a mask"
    : undefined;
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

function textualInversion(view: View): WeightIdentity | undefined {
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
