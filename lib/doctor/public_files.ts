/** The public files that the documentation names, and what each of them shall be. */

import type { WeightKind } from "../weights/identify/weight_identity.ts";

/** A repository of the hub, or a file or folder in one. */
export interface PublicFile {
  /** Name as `LocRef.load` takes it. */
  readonly name: string;
  /** Kinds of its weight files, each once, sorted. */
  readonly kinds: readonly WeightKind[];
}

/** The kinds of files of a whole model; safety checkers beside them are stepped over. */
const model = ["clip-text", "unet", "vae"] as const;

/** Every public file that the documentation names. */
export const publicFiles: readonly PublicFile[] = [
  { name: "stable-diffusion-v1-5/stable-diffusion-v1-5", kinds: model },
  { name: "stabilityai/stable-diffusion-xl-base-1.0", kinds: model },
  {
    name: "h94/IP-Adapter/models/ip-adapter-plus_sd15.safetensors",
    kinds: ["ip-adapter-plus"],
  },
  { name: "h94/IP-Adapter/models/image_encoder", kinds: ["clip-vision"] },
  {
    name: "h94/IP-Adapter/sdxl_models/ip-adapter-plus_sdxl_vit-h.safetensors",
    kinds: ["ip-adapter-plus"],
  },
  { name: "h94/IP-Adapter/sdxl_models/image_encoder", kinds: ["clip-vision"] },
  {
    name: "latent-consistency/lcm-lora-sdv1-5/pytorch_lora_weights.safetensors",
    kinds: ["lora"],
  },
  { name: "lllyasviel/control_v11p_sd15_canny", kinds: ["controlnet"] },
  { name: "lllyasviel/control_v11p_sd15_openpose", kinds: ["controlnet"] },
  { name: "madebyollin/taesdxl", kinds: ["taesd"] },
  { name: "Salesforce/blip-image-captioning-base", kinds: ["blip"] },
];
