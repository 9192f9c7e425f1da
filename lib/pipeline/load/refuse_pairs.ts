import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { namedAdapter } from "../../adapters/adapter_formats.ts";
import { peekConfig, peekHeader } from "../../weights/hub/peek.ts";
import { encoderAdvice } from "../../weights/identify/clip_encoders.ts";
import { identifyWeights } from "../../weights/identify/identify_weights.ts";
import {
  baseOf,
  viewOf,
  type WeightHeader,
} from "../../weights/identify/weight_identity.ts";
import { isRecord } from "../../weights/safetensors_tensors.ts";
import { secondEncoderError } from "../../weights/single_file/replace_parts.ts";
import { isFileName } from "./locate_model.ts";
import type { LoadOptions } from "../options/load_options.ts";

/** A file with its header, and whether it lies on this machine. */
interface SeenFile {
  readonly name: string;
  readonly header: WeightHeader;
  readonly here: boolean;
}

/**
 * Refuses parts that do not fit together before any of them is fetched: of what is not on this
 * machine only headers and configs are read. Parts that cannot be read so are judged after loading.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming both parts.
 */
export async function refusePairs(
  name: string,
  options: LoadOptions,
): Promise<void> {
  const adapters = await seenFiles(
    [options.adapter ?? []].flat().filter((one) => !namedAdapter(one)),
    options,
  );
  const loras = await seenFiles(
    (options.loras ?? []).map(({ path }) => path),
    options,
  );
  const named = options.base ?? name;
  await refuseSecondText(named, options);
  if (options.unet !== undefined) await refuseOtherUnet(named, options);
  await refuseOtherBase(options.unet ?? named, [
    ...adapters.map((one) => ({ ...one, word: "Adapter" })),
    ...loras.map((one) => ({ ...one, word: "LoRA" })),
  ], options);
  await refuseOtherEncoder(adapters, options);
}

async function seenFiles(
  names: readonly string[],
  options: LoadOptions,
): Promise<SeenFile[]> {
  const seen: SeenFile[] = [];
  for (const name of names) {
    const found = await tried(() => peekHeader(name, options));
    if (found) seen.push({ name, header: found.value, here: found.here });
  }
  return seen;
}

async function refuseOtherBase(
  base: string,
  files: readonly (SeenFile & { readonly word: string })[],
  options: LoadOptions,
): Promise<void> {
  if (files.length === 0) return;
  const own = await tried(() => baseWords(base, options));
  if (own === undefined) return;
  for (const { word, name, header, here } of files) {
    const { kind, base: other } = identifyWeights(header);
    if (!/^(ip-adapter|lora|lycoris)/.test(kind) || other === undefined) {
      continue;
    }
    if (other === own.words || here && own.here) continue;
    // a base of other widths than the public ones is compared layer by layer
    if (isPublic(other) && !isPublic(own.words)) continue;
    throw new LocRefError(
      "checkpoint-mismatch",
      `${word} ${quote(name)} is for ${other}, but model ${
        quote(base)
      } is ${own.words}: nothing was fetched`,
    );
  }
}

function isPublic(words: string): boolean {
  return words.startsWith("Stable Diffusion");
}

/** A UNet for other text than the base's encoders give. */
async function refuseOtherUnet(
  base: string,
  options: LoadOptions,
): Promise<void> {
  const { unet, textEncoder, textEncoder2 } = options;
  if (textEncoder !== undefined || textEncoder2 !== undefined) return;
  const own = await tried(() => baseWords(base, options));
  const other = await tried(() => baseWords(unet!, options, "config.json"));
  if (own === undefined || other === undefined) return;
  if (own.words === other.words || own.here && other.here) return;
  if (isPublic(own.words) !== isPublic(other.words)) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `UNet ${quote(unet)} is for ${other.words}, but model ${
      quote(base)
    } is ${own.words}: nothing was fetched`,
  );
}

/** A second text encoder for a base that has one. */
async function refuseSecondText(
  base: string,
  options: LoadOptions,
): Promise<void> {
  const { textEncoder2 } = options;
  if (textEncoder2 === undefined) return;
  const own = await tried(() => baseWords(base, options));
  if (own === undefined || own.here) return;
  if (!/^Stable Diffusion [12]/.test(own.words)) return;
  throw secondEncoderError(textEncoder2, base);
}

/** The base in words, by the width of the text that its UNet reads. */
async function baseWords(
  base: string,
  options: LoadOptions,
  settings = "unet/config.json",
): Promise<{ words: string; here: boolean } | undefined> {
  if (isFileName(base)) {
    const file = await peekHeader(base, options);
    const words = file && identifyWeights(file.value).base;
    return words === undefined ? undefined : { words, here: file!.here };
  }
  const config = await peekConfig(base, settings, options);
  const width = config?.value.cross_attention_dim;
  if (typeof width !== "number") return undefined;
  return { words: baseOf(width)!, here: config!.here };
}

async function refuseOtherEncoder(
  adapters: readonly SeenFile[],
  options: LoadOptions,
): Promise<void> {
  const { imageEncoder } = options;
  if (imageEncoder === undefined) return;
  const config = await tried(() =>
    peekConfig(imageEncoder, "config.json", options)
  );
  if (config === undefined) return;
  for (const { name, header, here } of adapters) {
    const wanted = featuresOf(header);
    if (wanted === undefined || here && config.here) continue;
    const { vision_config: inner } = config.value;
    const vision = isRecord(inner)
      ? { ...config.value, ...inner }
      : config.value;
    const given = wanted.input === "hidden"
      ? vision.hidden_size
      : config.value.projection_dim ?? vision.projection_dim;
    if (typeof given !== "number" || given === wanted.width) continue;
    throw new LocRefError(
      "checkpoint-mismatch",
      `Adapter ${
        quote(name)
      } reads features of width ${wanted.width}, but image encoder ${
        quote(imageEncoder)
      } gives ${given}${
        encoderAdvice(wanted.input, wanted.width)
      }: nothing was fetched`,
    );
  }
}

/** The image features that an IP-Adapter reads. */
function featuresOf(
  header: WeightHeader,
): { input: "projection" | "hidden"; width: number } | undefined {
  const { dim } = viewOf(header);
  const { kind } = identifyWeights(header);
  const [input, name] = kind === "ip-adapter-plus"
    ? ["hidden", "proj_in"] as const
    : kind === "ip-adapter-full"
    ? ["hidden", "proj.0"] as const
    : kind === "ip-adapter-base"
    ? ["projection", "proj"] as const
    : [];
  const width = name && dim(`image_proj.${name}.weight`, 1);
  return input && width ? { input, width } : undefined;
}

/** The parts that can be read; the others are named where they are fetched. */
async function tried<T>(
  read: () => Promise<T | undefined>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DOMException || !(error instanceof Error)) throw error;
    const outOfReach = error instanceof LocRefError && error.code === "hub" &&
      error.cause !== undefined;
    if (outOfReach) throw error;
  }
}
