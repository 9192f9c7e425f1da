import type { WeightSource } from "../../ops/executor.ts";
import { unetNames } from "../single_file/unet_names.ts";

/** Parts of a model that LoRAs change, by the names of their folders. */
export type LoraPart = "unet" | "text_encoder" | "text_encoder_2";

/** Whether LoRAs change a part of this name. */
export function isLoraPart(part: string): part is LoraPart {
  return part === "unet" || part === "text_encoder" ||
    part === "text_encoder_2";
}

/** Texts that LoRA files write before the names of a part's layers: with dots, and with underscores. */
const prefixes: Readonly<
  Record<LoraPart, { dots: string[]; lines: string[] }>
> = {
  unet: {
    dots: ["unet.", "", "base_model.model.", "base_model.model.unet."],
    lines: ["lora_unet_", "lycoris_"],
  },
  text_encoder: {
    dots: [
      "text_encoder.",
      "text_encoders.clip_l.transformer.",
      "base_model.model.text_encoder.",
      "base_model.model.",
      "",
    ],
    lines: ["lora_te_", "lora_te1_", "lycoris_te_", "lycoris_te1_"],
  },
  text_encoder_2: {
    dots: [
      "text_encoder_2.",
      "text_encoders.clip_g.transformer.",
      "base_model.model.text_encoder_2.",
    ],
    lines: ["lora_te2_", "lycoris_te2_"],
  },
};

/** The same for the original names of the UNet. */
const originalPrefixes = {
  dots: ["diffusion_model.", "model.diffusion_model."],
  lines: ["lora_unet_", "lycoris_"],
};

/**
 * Every spelling of every layer of one part, and the layer's name in diffusers.
 *
 * Underscores may stand for dots or for themselves. So the names of the model's own layers are
 * spelt in each way, and a file's names are looked up among them.
 */
export function spelledLayers(
  part: LoraPart,
  weights: Pick<WeightSource, "names">,
): Map<string, string> {
  const spelled = new Map<string, string>();
  const names = weights.names();
  const originals = part === "unet" ? unetNames(names) : undefined;
  for (const layer of layersOf(names)) {
    spell(spelled, layer, { as: aliases(layer), ...prefixes[part] });
    const others = originals?.toOriginal(`${layer}.weight`) ?? [];
    const as = others.map((name) => name.slice(0, -".weight".length));
    spell(spelled, layer, { as: as.flatMap(aliases), ...originalPrefixes });
  }
  return spelled;
}

function layersOf(names: readonly string[]): string[] {
  return names.filter((name) => name.endsWith(".weight"))
    .map((name) => name.slice(0, -".weight".length));
}

/** Names that files give a layer beside its own. */
function aliases(layer: string): string[] {
  const found = [layer];
  // the output projection is the first of a list with a dropout
  if (layer.endsWith(".to_out.0")) found.push(layer.slice(0, -".0".length));
  // diffusers once gave the text encoder's projections the UNet's names
  const projection = /^(.*\.self_attn\.)(q|k|v|out)_proj$/.exec(layer);
  if (projection !== null) found.push(`${projection[1]}to_${projection[2]}`);
  return [...found, ...found.flatMap(withoutOwner)];
}

/** The name without `text_model.`, which transformers 5 leaves out of a text encoder's layers. */
function withoutOwner(layer: string): string[] {
  const owner = "text_model.";
  return layer.startsWith(owner) ? [layer.slice(owner.length)] : [];
}

function spell(
  spelled: Map<string, string>,
  layer: string,
  how: { as: string[]; dots: string[]; lines: string[] },
): void {
  for (const name of how.as) {
    for (const prefix of how.dots) spelled.set(prefix + name, layer);
    const flat = name.replaceAll(".", "_");
    for (const prefix of how.lines) spelled.set(prefix + flat, layer);
  }
}
