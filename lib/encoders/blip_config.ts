import type { BlipSettings } from "../weights/configs/blip_config.ts";

/** `config.json` of a `BlipForConditionalGeneration`, as far as it is used. */
export type BlipConfig = BlipSettings;

/** Sizes of BLIP's image encoder. */
export type BlipVisionConfig = BlipSettings["vision_config"];

/** Sizes of BLIP's text decoder. */
export type BlipTextConfig = BlipSettings["text_config"];
