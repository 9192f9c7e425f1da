import { checkKeys, isPlain } from "../core/known_keys.ts";
import { type Fields, mustBe } from "../core/check_options.ts";
import { anyText, either, number, oneOf, text } from "../core/kinds.ts";
import { fits } from "../images/resize.ts";
import { combinations } from "./several_pictures.ts";
import type { GivenInstance } from "./scene_data.ts";

/** An instance's options, its pictures by path or URL. */
type GivenOptions = Omit<GivenInstance, "reference" | "others" | "box">;

/** Kinds of an instance's options; ranges are checked with the defaults filled in. */
const fields: Fields<GivenOptions> = {
  caption: anyText,
  lora: either(text("a LoRA's path"), {
    must: "an object like { path, scale, textScale }",
    is: isLora,
  }),
  scale: number(),
  combine: oneOf(combinations),
  start: number(),
  end: number(),
  negativeCaption: anyText,
  negative: text("the path or URL of a picture, or its bytes"),
  seed: number(),
  z: number(),
  region: text("the path or URL of a mask, or its bytes"),
  cutout: text('"alpha", "model", "none", or the path of a mask'),
  fit: oneOf(fits),
};

/** Whether a value is an object with a path and strengths, and nothing else. */
function isLora(value: unknown): boolean {
  return isPlain(value) && "path" in value && typeof value.path === "string" &&
    Object.entries(value).every(([key, one]) =>
      key === "path" || key === "scale" && typeof one === "number" ||
      key === "textScale" && typeof one === "number"
    );
}

/** Options of an instance, under names that people try, and their names here. */
export const elsewhere = {
  strength: "scale",
  weight: "scale",
  ip_adapter_scale: "scale",
  conditioning_scale: "scale",
  prompt: "caption",
  text: "caption",
  label: "caption",
  name: "caption",
  phrase: "caption",
  begin: "start",
  from: "start",
  to: "end",
  stop: "end",
  negative_image: "negative",
  negative_prompt: "negativeCaption",
  negative_caption: "negativeCaption",
  negativePrompt: "negativeCaption",
  mask: "region",
  mask_image: "region",
  layer: "z",
  z_index: "z",
  depth: "z",
  order: "z",
  combination: "combine",
  combine_embeds: "combine",
  merge: "combine",
  mix: "combine",
  loras: "lora",
  lora_weights: "lora",
  lora_path: "lora",
  cut_out: "cutout",
  alpha: "cutout",
  matte: "cutout",
  object_fit: "fit",
  resize: "fit",
  resize_mode: "fit",
} as const;

const instead = {
  steps: "generate({ steps })",
  guidance: "generate({ guidance })",
  matting: "generate({ matting })",
  overlap: "scene.overlap(policy)",
  others: "place([one, other], box)",
  references: "place([one, other], box)",
  images: "place([one, other], box)",
} as const;

/**
 * Refuses options of an instance that do not exist.
 *
 * @param of the method that was called.
 * @throws {TypeError} that names the option, and the one that was probably meant.
 */
export function checkInstanceKeys(options: unknown, of: "place" | "change") {
  const known = Object.keys(fields);
  const more = of === "change" ? ["reference", "box"] : [];
  checkKeys(options, { of, known: [...known, ...more], elsewhere, instead });
}

/** The first option of a wrong type, as the end of a sentence; `undefined` if there is none. */
export function wrongType(options: GivenOptions): string | undefined {
  for (const [name, kind] of Object.entries(fields)) {
    const value: unknown = options[name as keyof GivenOptions];
    if (value === undefined || kind.is(value)) continue;
    return `${name} ${mustBe(value, kind)}`;
  }
  return undefined;
}
