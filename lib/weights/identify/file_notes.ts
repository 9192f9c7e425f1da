/** Training, trigger words and settings, from a file's notes and names. */

import { quote, shorten } from "../../core/quote.ts";
import { familyOf, findParts } from "../single_file/family.ts";
import type { FileParts } from "../single_file/part_prefixes.ts";
import { predictionOf } from "../single_file/prediction.ts";
import { type FewSteps, fewStepsOf } from "./few_steps.ts";
import type { WeightHeader, WeightIdentity } from "./weight_identity.ts";

/** Sentences about a file, for those who want to use it. */
export function fileNotes(
  header: WeightHeader,
  { kind, unusable }: WeightIdentity,
  path: string,
): string[] {
  const { metadata } = header;
  const notes: string[] = [];
  if (kind === "lora" || kind === "lycoris") {
    notes.push(...loraNotes(header));
  }
  const few = ["lora", "lycoris", "sd-checkpoint", "unet", "unet-original"]
      .includes(kind)
    ? fewStepsOf(path, metadata)
    : undefined;
  if (kind === "sd-checkpoint" && unusable === undefined) {
    notes.push(...checkpointNotes(header, path, few?.predicts));
  } else if (few?.predicts) notes.push(namedPrediction);
  if (few !== undefined) {
    notes.push(`made for few steps (${few.name}): ${few.settings}`);
  }
  return [...notes, ...specNotes(metadata)];
}

function loraNotes({ names, metadata }: WeightHeader): string[] {
  const parts = [
    [
      "the UNet",
      /^(lora_unet_|lycoris_|unet\.|down_|mid_|up_|base_model|diffusion_model)/,
    ],
    ["the text encoder", /^(lora_te1?_|text_encoder\.)/],
    ["the second text encoder", /^(lora_te2_|text_encoder_2\.)/],
  ] as const;
  const changed = parts.filter(([, pattern]) =>
    names().some((name) => pattern.test(name))
  ).map(([name]) => name);
  const notes = changed.length === 0
    ? []
    : [`it changes ${changed.join(" and ")}`];
  const training = [
    ["rank", metadata.ss_network_dim],
    ["alpha", metadata.ss_network_alpha],
    ["base", metadata.ss_base_model_version ?? metadata.ss_sd_model_name],
    ["module", metadata.ss_network_module],
  ].filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${shorten(value!)}`);
  if (training.length > 0) notes.push(`trained with ${training.join(", ")}`);
  const words = triggerWords(metadata);
  if (words.length > 0) {
    notes.push(`words of its training: ${shorten(words.join(", "), 300)}`);
  }
  return notes;
}

/** The tags that stood at the most pictures, first. */
export function triggerWords(
  metadata: Readonly<Record<string, string>>,
): string[] {
  const named = metadata["modelspec.trigger_phrase"];
  const counts = new Map<string, number>();
  for (const tags of Object.values(parsed(metadata.ss_tag_frequency))) {
    for (const [tag, count] of Object.entries(tags ?? {})) {
      if (typeof count !== "number" || tag.trim() === "") continue;
      counts.set(tag.trim(), (counts.get(tag.trim()) ?? 0) + count);
    }
  }
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 8)
    .map(([tag, count]) => `${shorten(tag, 60)} (${count})`);
  return named === undefined ? most : [shorten(named), ...most];
}

function parsed(text = "{}"): Record<string, object | null> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? value as Record<string, object | null>
      : {};
  } catch {
    return {};
  }
}

const partOptions: Readonly<Record<keyof FileParts, string>> = {
  unet: "unet",
  vae: "vae",
  text_encoder: "textEncoder",
  text_encoder_2: "textEncoder2",
};

const namedPrediction =
  'it predicts x₀ by its name: load it with prediction "sample"';

function checkpointNotes(
  header: WeightHeader,
  path: string,
  named: FewSteps["predicts"],
): string[] {
  const parts = findParts(header);
  const family = familyOf(header, { path, parts });
  const wanted: (keyof FileParts)[] = family === "sdxl"
    ? ["vae", "text_encoder", "text_encoder_2"]
    : ["vae", "text_encoder"];
  const lost = wanted.filter((part) => parts[part] === undefined);
  const { type, zeroSnr, doubt } = predictionOf(header, { path, family });
  const read = `it predicts ${type === "epsilon" ? "noise" : "v"}${
    zeroSnr ? " up to noise alone (zero terminal SNR)" : ""
  }${
    doubt === undefined
      ? ""
      : ', or noise if it is of 512 pixels: then load it with prediction "epsilon"'
  }`;
  return [
    named ? namedPrediction : read,
    ...lost.map((part) =>
      `it holds no ${part.replaceAll("_", " ")}: give one with the option ${
        partOptions[part]
      }`
    ),
  ];
}

/** Notes by Stability's specification of models. */
function specNotes(metadata: Readonly<Record<string, string>>): string[] {
  const keys = [
    "title",
    "architecture",
    "resolution",
    "author",
    "license",
    "usage_hint",
  ];
  const found = keys.flatMap((key) => {
    const value = metadata[`modelspec.${key}`];
    return value === undefined || value === ""
      ? []
      : [`${key.replace("_", " ")} ${quote(value)}`];
  });
  return found.length === 0 ? [] : [`notes: ${shorten(found.join(", "), 400)}`];
}
