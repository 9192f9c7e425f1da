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
export function ipAdapter(
  { has, dim, find }: WeightView,
): WeightIdentity | undefined {
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

/** LoRA files, of diffusers, peft and kohya. */
export function lora({ dim, find }: WeightView): WeightIdentity | undefined {
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

/** ControlNets. */
export function controlnet(
  { has, dim, find }: WeightView,
): WeightIdentity | undefined {
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
