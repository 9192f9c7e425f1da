import { checkOptions } from "../../core/check_options.ts";
import { type Kind, list, number, text } from "../../core/kinds.ts";
import { isPlain } from "../../core/known_keys.ts";
import type { LoraOptions } from "./load_options.ts";

const strength = number({ min: -100, max: 100 });

/** A list of LoRAs with their strengths. */
export const loras: Kind = {
  ...list("a list of objects like { path, scale }"),
  allows: (value: readonly unknown[]) => value.every(isPlain),
  inside: (value: readonly unknown[], name) => {
    for (const [i, one] of value.entries()) {
      checkLora(one, `entry ${i + 1} of ${lowerFirst(name)}`);
    }
  },
};

function checkLora(value: unknown, of: string): void {
  const options = value as LoraOptions;
  checkOptions<LoraOptions>(options, {
    of,
    fields: {
      path: text("a file's path, or org/repo/file.safetensors on the hub"),
      scale: strength,
      textScale: strength,
    },
    elsewhere: {
      file: "path",
      name: "path",
      weight: "scale",
      strength: "scale",
      multiplier: "scale",
      strength_model: "scale",
      text_encoder_scale: "textScale",
      strength_clip: "textScale",
    },
  });
  if (options.path === undefined) {
    throw new TypeError(
      `Option path of ${of} must be a file's path, or org/repo/file.safetensors on the hub, got nothing`,
    );
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
