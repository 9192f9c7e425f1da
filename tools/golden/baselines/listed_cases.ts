import type { ListedCase } from "../golden_set.ts";

const gligen = ["fourier", "objs", "fuser", "out", "null", "off", "half"];

const migc = [
  ...["position", "ea", "la", "share", "layer", "out", "off", "fuser", "v2"],
  ...["scales", "masks_free", "wide", "train"],
];

const msDiffusion = [
  ...["tokens", "tokens_dropped", "layer", "out", "dummy", "subjects", "train"],
];

/** Every case that the README of the set of baselines names, by the file that holds it. */
export const listedCases: readonly ListedCase[] = Object.entries({
  "sd-tiny.safetensors": ["baselines.sd", "baselines.sd.wide"],
  "sdxl-tiny.safetensors": ["baselines.sdxl"],
  "gligen_text.safetensors": names("gligen.text", [
    ...gligen,
    ...["wide", "loop", "train"],
  ]),
  "gligen_text_image.safetensors": names("gligen.text_image", [
    ...gligen,
    ...["wide", "loop", "train"],
  ]),
  "gligen_image_feature.safetensors": ["gligen.image_feature"],
  "gligen.json": ["gligen.schedule"],
  "migc.safetensors": ["migc.masks", ...names("migc", migc)],
  // NaiveFuser is always in all other layers of MIGC++
  "migc_plus.safetensors": names(
    "migc_plus",
    migc.filter((name) => name !== "v2"),
  ),
  "ms_diffusion_sd15.safetensors": [
    "ms_diffusion.masks",
    ...names("ms_diffusion.sd15", msDiffusion),
  ],
  "ms_diffusion_sdxl.safetensors": names("ms_diffusion.sdxl", msDiffusion),
  "instant_style_sd15.safetensors": names("instant_style.sd15", [
    ...["style", "style_layout", "mixed", "subtracted"],
  ]),
  "instant_style_sdxl.safetensors": names("instant_style.sdxl", [
    ...["style", "style_layout", "subtracted"],
  ]),
  "style_aligned.safetensors": names("style_aligned", [
    ...["adain", "sdxl", "sd1", "no_adain", "values", "shift"],
    ...["every_second", "full"],
  ]),
  "fastcomposer.safetensors": names("fastcomposer", [
    ...["fused", "out", "loop", "localization"],
  ]),
  "layout_guidance.safetensors": names("layout_guidance", [
    ...["loss", "gradient", "latents"],
  ]),
  "bounded_attention.safetensors": names("bounded", [
    ...["hidden", "out", "guiding", "loss", "gradient", "latents"],
  ]),
  "geodiffusion.json": ["geodiffusion.prompts"],
  "geodiffusion.safetensors": ["geodiffusion.weights"],
  "pickles.safetensors": names("pickles", [
    ...["nested", "legacy", "views", "lightning", "hostile"],
  ]),
}).flatMap(([file, cases]) => cases.map((name) => ({ name, file })));

function names(group: string, cases: readonly string[]): string[] {
  return cases.map((name) => `${group}.${name}`);
}
