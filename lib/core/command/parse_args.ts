import { parseArgs as parse, type ParseArgsConfig } from "node:util";
import { nearest, suggestion, translated } from "../known_keys.ts";
import { quote } from "../quote.ts";
import { elsewhere } from "../diffusers_names.ts";
import { UsageError } from "./usage.ts";

const spacing =
  "a spacing of noise stands behind the sampler, as in --sampler dpm++2m:sigmas=karras";
const larger =
  "a picture is made larger by a second run on it, with --init, --strength 0.5 and a larger --size";
const network = "it is written --control NETWORK=PICTURE:SCALE";
const inversions =
  "textual inversions are not read: place a reference picture with the caption";

/** Flags that people know from other tools, and where that is said here. */
const instead: Readonly<Record<string, string>> = {
  prompt: 'the caption is "caption" in the scene\'s file',
  caption: 'the caption is "caption" in the scene\'s file',
  "negative-prompt": 'it is "negative" in the scene\'s file',
  negative: 'it is "negative" in the scene\'s file',
  image: 'references are "instances" in the scene\'s file',
  reference: 'references are "instances" in the scene\'s file',
  box: 'boxes are "instances" in the scene\'s file',
  device: "it is called --backend here",
  "out-dir": "it is called --output here",
  out: "it is called --output here",
  denoise: "it is called --strength here, beside --init or --inpaint",
  "denoising-strength":
    "it is called --strength here, beside --init or --inpaint",
  "strength-model": "it stands behind the file, --lora FILE:SCALE:TEXTSCALE",
  "strength-clip": "it stands behind the file, --lora FILE:SCALE:TEXTSCALE",
  preview:
    "a program sees intermediate pictures, by scene.steps() and step.preview()",
  redo: "it is called --again here, of generate and preview",
  regenerate: "it is called --again here, of generate and preview",
  remove: "it is called --without here, of generate and preview",
  erase: "it is called --without here, of generate and preview",
  background: "it is called --on here, of generate and preview",
  photo: "it is called --on here, of generate and preview",
  refiner: "a refiner is not run, and a picture is whole without one",
  embedding: inversions,
  embeddings: inversions,
  "textual-inversion": inversions,
  hypernetwork: "hypernetworks are not read: give a LoRA, --lora FILE:SCALE",
  scheduler: spacing,
  sigmas: spacing,
  "noise-schedule": spacing,
  timesteps:
    "they stand behind the sampler, as in --sampler euler:timesteps=999/500",
  "sampler-name": "it is called --sampler here",
  "lora-scale": "it stands behind the file, --lora FILE:SCALE:TEXTSCALE",
  "clip-vision": "it is called --image-encoder here",
  hires: larger,
  "hires-fix": larger,
  "enable-hr": larger,
  "hr-scale": larger,
  "hr-upscaler": larger,
  upscale: larger,
  upscaler: larger,
  tiling: "pictures whose edges fit each other are not made",
  "restore-faces":
    "faces are not restored afterwards: paint a part anew with --inpaint",
  controlnet: network,
  "control-net": network,
  "control-image": network,
  "control-model": network,
  dtype: "halves are requested by --variant fp16 or --precision float16",
  lowvram: "weights stay mapped from their files in any case: leave it out",
  medvram: "weights stay mapped from their files in any case: leave it out",
};

/**
 * Node's `parseArgs`, with messages that name the flag that was probably meant.
 *
 * @throws {UsageError} naming the flag and what is allowed.
 */
export function parseArgs<T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parse<T>> {
  const { options = {} } = config;
  try {
    return parse<T>({ ...config, args: withNegatives(config.args, options) });
  } catch (error) {
    throw explained(error, config.args ?? [], options) ?? error;
  }
}

/** A number below 0 behind a flag is its value, which node takes for a flag. */
function withNegatives(
  args: readonly string[] | undefined,
  flags: Flags,
): string[] | undefined {
  const joined: string[] = [];
  let literal = false;
  for (const arg of args ?? []) {
    const flag = joined.at(-1);
    literal ||= flag === "--";
    const takes = flag?.startsWith("--") &&
      flags[flag.slice(2)]?.type === "string";
    if (!literal && takes && /^-\.?\d/.test(arg)) {
      joined[joined.length - 1] = `${flag}=${arg}`;
    } else joined.push(arg);
  }
  return args && joined;
}

type Flags = NonNullable<ParseArgsConfig["options"]>;

function explained(
  error: unknown,
  args: readonly string[],
  flags: Flags,
): UsageError | undefined {
  const { code, message = "" } = error as { code?: string; message?: string };
  // "Unknown option '--x'", "Option '-o, --output <value>' argument missing"
  const [name = ""] = /'[^']*'/.exec(message) ?? [];
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    return unknown(name.slice(1, -1), args, Object.keys(flags));
  }
  if (code !== "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") return undefined;
  const flag = /--[^\s']+/.exec(name)?.[0] ?? name.slice(1, -1);
  if (message.includes("does not take")) {
    const given = args.find((arg) => arg.startsWith(`${flag}=`)) ?? "";
    return new UsageError(
      `Option ${flag} takes no value, got ${
        quote(given.slice(flag.length + 1))
      }`,
    );
  }
  const at = args.findIndex((arg) => arg === flag || name.includes(`'${arg},`));
  const next = at < 0 ? undefined : args[at + 1];
  return new UsageError(
    next === undefined
      ? `Option ${flag} needs a value, got nothing`
      : `Option ${flag} needs a value, got ${
        quote(next)
      }: a value that begins with a hyphen is written ${flag}=VALUE`,
  );
}

function unknown(
  given: string,
  args: readonly string[],
  known: readonly string[],
): UsageError {
  // "-seed" is read as "-s -e -e -d"
  const whole = given.startsWith("--")
    ? given
    : args.find((arg) => arg.startsWith(given)) ?? given;
  const name = whole.replace(/^-+/, "").replace(/=.*$/s, "");
  const shown = whole.replace(/=.*$/s, "");
  const what = `Unknown option '${quote(shown).slice(1, -1)}'`;
  const here = translated(name, elsewhere);
  const other = translated(name, instead);
  if (here !== undefined && known.includes(here)) {
    return new UsageError(
      `${what}, it is called --${here} here${
        other === undefined ? "" : `; ${other}`
      }`,
    );
  }
  const near = nearest(name, known);
  if (other !== undefined && !isTypingError(name, near)) {
    return new UsageError(`${what}: ${other}`);
  }
  if (near !== undefined) {
    return new UsageError(`${what}, did you mean --${near}?`);
  }
  const flags = known.map((flag) => `--${flag}`);
  return new UsageError(`${what}${suggestion("", flags)}`);
}

/** Whether a known flag is the given one with a letter more, as `--images` for `--image`. */
function isTypingError(given: string, known: string | undefined): boolean {
  return known !== undefined && known.startsWith(given) &&
    known.length - given.length <= 1;
}
