/** Options of the command line that several commands take. */

import {
  choice,
  numberOf,
  type Option,
  option,
  parseNumber,
  repeated,
  size,
  text,
  type Values,
} from "../../core/command/option.ts";
import { namedAdapters } from "../../adapters/adapter_formats.ts";
import { number, seed as seedKind } from "../../core/kinds.ts";
import {
  type BackendName,
  backendNames,
  meantBackend,
} from "../../ops/backends.ts";
import type { LoadOptions, LoraOptions } from "./load_options.ts";
import { guidance, steps } from "./check_picture_options.ts";

/** A file's name, and behind it one or two numbers: the scale, and that of text encoders. */
function parseLora(given: string): LoraOptions | undefined {
  const [, name = given, tail = ""] =
    /^(.+?)((?::[^:/\\]*){0,2})$/.exec(given) ?? [];
  const parts = tail.split(":").slice(1);
  const numbers = parts.map((part) =>
    parseNumber(part, number({ min: -100, max: 100 }))
  );
  // org/repo@revision:file
  const ofName = parts[0] && numbers[0] === undefined && name.includes("@");
  const scales = ofName ? numbers.slice(1) : numbers;
  if (scales.includes(undefined)) return undefined;
  const [scale, textScale] = scales;
  return {
    path: ofName ? `${name}:${parts[0]}` : name,
    ...(scale !== undefined && { scale }),
    ...(textScale !== undefined && { textScale }),
  };
}

const own = { otherwise: "the model's own" };

/** Adapters that need no file, by name. */
const adapterNames = namedAdapters.map(({ name }) => name).join(", ");

/** Options that name a model and its parts. */
export const modelOptions = {
  model: text(
    "MODEL",
    "pocket, a folder, a .safetensors file, or a hub id org/repo[@revision]",
    { default: "pocket" },
  ),
  base: text("MODEL", "the Stable Diffusion model, where it is another"),
  vae: text("PART", "folder or file of a VAE in the place of the model's"),
  textEncoder: text("PART", "folder or file of another text encoder"),
  textEncoder2: text("PART", "folder or file of another second text encoder"),
  unet: text("PART", "folder or file of another UNet"),
  prediction: choice(
    ["epsilon", "v_prediction", "sample"] as const,
    "kind of the UNet's prediction",
    { otherwise: "what the model's files say" },
  ),
  adapter: repeated(text(
    "FILE",
    `adapter: a file, org/repo/file.safetensors, ${adapterNames}`,
  )),
  imageEncoder: text(
    "FOLDER",
    "folder or org/repo/folder of the CLIP image encoder",
  ),
  lora: repeated(option(
    {
      must:
        "FILE, FILE:SCALE or FILE:SCALE:TEXTSCALE, such as style.safetensors:0.8",
      parse: parseLora,
    },
    "LoRA to merge in, a path or org/repo/file.safetensors, with its scale, and that of text encoders where it is another",
    { value: "FILE[:SCALE[:TEXTSCALE]]" },
  )),
  taesd: text("FOLDER", "folder, file or hub id of a tiny VAE"),
  variant: text("NAME", "variant of the weight files, such as fp16"),
};

/** The parts among a command's values, as `LocRef.load` takes them. */
export function partsOf(
  values: Omit<Values<typeof modelOptions>, "model">,
): LoadOptions {
  const { base, imageEncoder, taesd, variant, lora } = values;
  const { adapter: adapters = [] } = values;
  const adapter = adapters.length > 1 ? adapters : adapters[0];
  const { vae, textEncoder, textEncoder2, unet, prediction } = values;
  return {
    ...{ base, adapter, imageEncoder, taesd, variant, loras: lora },
    ...{ vae, textEncoder, textEncoder2, unet, prediction },
  };
}

/** The option that names what models run on. */
export const backendOption: Option<BackendName | undefined> = {
  ...text("NAME", "what models run on", { otherwise: "auto" }),
  get choices() {
    return ["auto", ...backendNames];
  },
  read: (given, label) => {
    const names = backendOption.choices!;
    return choice(names, "", { meant: meantBackend }).read(given, label);
  },
};

/** The option that names the number of steps. */
export const stepsOption = numberOf(steps, "number of steps", own);

/** The option that names the guidance scale. */
export const guidanceOption = numberOf(
  guidance,
  "guidance scale; 1 switches it off",
  own,
);

/** The option that names the size of a picture. */
export const sizeOption = size("size of the picture in pixels", own);

/** An option that takes a seed. */
export function seedOption<D extends number | undefined = undefined>(
  summary: string,
  more: { readonly default?: D; readonly otherwise?: string } = {},
) {
  return numberOf<D>(seedKind, summary, more);
}

/** An option that takes a seed, or the word `random`. */
export const seedOrRandomOption = option(
  {
    must: `${seedKind.must}, or random`,
    parse: (given) => given === "random" ? given : parseNumber(given, seedKind),
  },
  "seed of the noise, or random, which prints the seed that was drawn",
  { value: "N", otherwise: "0" },
);
