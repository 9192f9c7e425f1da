/** Adapters of other systems, by the names of their tensors. */

import {
  baseOf,
  type WeightIdentity,
  type WeightView,
} from "./weight_identity.ts";

const LOAD = "Load it with LocRef.load(BASE, { adapter: FILE })";
const WITH_ENCODER =
  "Load it with LocRef.load(BASE, { adapter: FILE, imageEncoder: FOLDER })";

/** GLIGEN's fusers, alone or within a UNet. */
export function gligen(
  { find, dim }: WeightView,
): WeightIdentity | undefined {
  if (!find(/(^|\.)position_net\.null_position_feature$/)) return;
  const fuser = find(/\.fuser\.linear\.weight$/);
  if (fuser === undefined) return;
  const pictures = find(/(^|\.)position_net\.null_image_feature$/);
  const whole = find(/(^|\.)conv_in\.weight$|(^|\.)input_blocks\.0\./);
  return {
    kind: "gligen",
    what: `GLIGEN for boxes with ${
      pictures ? "phrases and pictures" : "phrases"
    }${whole ? ", within a UNet" : ""}`,
    base: baseOf(dim(fuser, 1)),
    next: `${pictures ? WITH_ENCODER : LOAD}; each instance has a caption`,
  };
}

/** MIGC's layers, under its own names or those of diffusers. */
export function migc({ find, dim }: WeightView): WeightIdentity | undefined {
  const key = find(/\.migc\.ea\.to_k\.weight$/);
  if (key === undefined) return;
  const plus = find(/\.migc\.gamma$/) !== undefined;
  return {
    kind: "migc",
    what: `${plus ? "MIGC++" : "MIGC"} (for non-commercial research only)`,
    base: baseOf(dim(key, 1)),
    next: `${LOAD}; each instance has a caption`,
  };
}

/** MS-Diffusion's resampler and layers. */
export function msDiffusion(
  { has, dim, find }: WeightView,
): WeightIdentity | undefined {
  if (!has("image_proj.grounding_latents")) return;
  const key = find(/^ms_adapter\.\d+\.to_k_ip\.weight$/);
  if (key === undefined) return;
  return {
    kind: "ms-diffusion",
    what: "MS-Diffusion",
    base: baseOf(dim(key, 1)),
    next: WITH_ENCODER,
  };
}

/** FastComposer's fusion of pictures into text, alone or within a pipeline. */
export function fastComposer(
  { find, dim }: WeightView,
): WeightIdentity | undefined {
  const norm = find(/(^|\.)postfuse_module\.layer_norm\.weight$/);
  if (norm === undefined) return;
  return {
    kind: "fastcomposer",
    what: "FastComposer",
    base: baseOf(dim(norm, 0)),
    next: WITH_ENCODER,
  };
}
