import { existsSync } from "node:fs";
import { join } from "node:path";
import { clipImageProgram } from "../../lib/encoders/clip_image.ts";
import { clipTextProgram } from "../../lib/encoders/clip_text.ts";
import { loadClipTokenizer } from "../../lib/encoders/clip_tokenizer.ts";
import { vaeDecoderProgram } from "../../lib/encoders/vae_decoder.ts";
import { vaeEncoderProgram } from "../../lib/encoders/vae_encoder.ts";
import { currentVaeName } from "../../lib/encoders/vae_config.ts";
import { decodeImage } from "../../lib/images/decode.ts";
import { pixelValues } from "../../lib/images/pixel_values.ts";
import type { Size } from "../../lib/core/geometry.ts";
import type { Tensor } from "../../lib/core/tensor.ts";
import { openStableDiffusion } from "../open_stable_diffusion.ts";
import { openImageEncoder } from "../../lib/encoders/open_image_encoder.ts";
import { openPart } from "../../lib/weights/open_part.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { parseVaeConfig } from "../../lib/weights/configs/vae_config.ts";
import { renameWeights } from "../../lib/weights/weight_sources.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "./golden_case.ts";
import { readGoldens, runOnce } from "./golden_files.ts";

/** The cases of tokenizer, text encoder, image encoders and VAE. */
export const encoderCases: readonly GoldenCase[] = [
  { name: "tokens", bound: 0, run: tokens },
  { name: "text", bound: 1e-4, run: text },
  {
    name: "vae.encode",
    bound: 1e-4,
    run: (context) => vae(context, "sd-tiny/vae", "encode"),
  },
  {
    name: "vae.decode",
    bound: 1e-4,
    run: (context) => vae(context, "sd-tiny/vae", "decode"),
  },
  { name: "vae.current_names", bound: 1e-4, run: currentNames },
  { name: "clip_preprocess", bound: 0.02, run: preprocess },
  {
    name: "clip_vision.gelu",
    bound: 1e-4,
    run: (context) => vision(context, "gelu"),
  },
  {
    name: "clip_vision.quick_gelu",
    bound: 1e-4,
    run: (context) => vision(context, "quick_gelu"),
  },
];

/** The share of texts whose token ids differ. */
async function tokens({ dir }: GoldenContext): Promise<number> {
  const { cases } = await readJson<
    { cases: { text: string; ids: number[] }[] }
  >(
    join(dir, "clip_tokens.json"),
  );
  const tokenizer = await loadClipTokenizer(join(dir, "sd-tiny", "tokenizer"));
  const wrong = cases.filter(({ text, ids }) =>
    tokenizer.encode(text).ids.join() !== ids.join()
  );
  return wrong.length / cases.length;
}

async function text({ dir, executor }: GoldenContext): Promise<number> {
  const goldens = await readGoldens(dir, "text");
  const { text: part } = await openStableDiffusion(join(dir, "sd-tiny"));
  const { hidden } = await runOnce(executor, clipTextProgram(part.config), {
    weights: part.weights,
    inputs: { ids: goldens.input_ids! },
  });
  return relativeError(hidden!, goldens.last_hidden_state!);
}

/** Names of a VAE's attention before 2023, and today's. */
const attentionNames = [
  [".query.", ".to_q."],
  [".key.", ".to_k."],
  [".value.", ".to_v."],
  [".proj_attn.", ".to_out.0."],
] as const;

/** The VAE under today's names: as it lies in the set, or where it does not, the other one renamed. */
async function currentNames(context: GoldenContext): Promise<number> {
  const named = "vae-current-names";
  const folder = existsSync(join(context.dir, named)) ? named : "sd-tiny/vae";
  return Math.max(
    await vae(context, folder, "encode", "today"),
    await vae(context, folder, "decode", "today"),
  );
}

async function vae(
  { dir, executor }: GoldenContext,
  folder: string,
  direction: "encode" | "decode",
  names: "stored" | "today" = "stored",
): Promise<number> {
  const goldens = await readGoldens(dir, "vae");
  const part = await openPart(join(dir, folder), parseVaeConfig);
  const { config } = part;
  const today = renameWeights(
    part.weights,
    (name) =>
      attentionNames.reduce((name, [old, now]) => name.replace(old, now), name),
  );
  const weights = renameWeights(
    names === "today" ? today : part.weights,
    currentVaeName,
  );
  if (direction === "decode") {
    const program = vaeDecoderProgram(config, sizeOfImage(goldens.latent!));
    const inputs = { latent: goldens.latent! };
    const { picture } = await runOnce(executor, program, { weights, inputs });
    return relativeError(picture!, goldens.decoded!);
  }
  const program = vaeEncoderProgram(config, sizeOfImage(goldens.image!));
  const inputs = { picture: goldens.image! };
  const { mean, logvar } = await runOnce(executor, program, {
    weights,
    inputs,
  });
  return Math.max(
    relativeError(mean!, goldens.mean!),
    relativeError(logvar!, goldens.logvar!),
  );
}

/** Mean absolute difference of the normalised pixels: resamplers differ a little. */
async function preprocess({ dir }: GoldenContext): Promise<number> {
  const { pixel_values: expected } = await readGoldens(dir, "clip_preprocess");
  const raster = await decodeImage(join(dir, "picture.png"));
  const size = sizeOfImage(expected!);
  const actual = await pixelValues(raster, size, { fit: "cover" });
  const sum = actual.reduce(
    (total, value, i) => total + Math.abs(value - expected!.data[i]!),
    0,
  );
  return sum / actual.length;
}

async function vision(
  { dir, executor }: GoldenContext,
  activation: string,
): Promise<number> {
  const goldens = await readGoldens(dir, `clip_vision_${activation}`);
  const part = await openImageEncoder(join(dir, `clip-vision-${activation}`));
  const outputs = await runOnce(executor, clipImageProgram(part.config), {
    weights: part.weights,
    inputs: { pixels: goldens.pixel_values! },
  });
  return Math.max(
    relativeError(outputs.embeds!, goldens.image_embeds!),
    relativeError(outputs.last!, goldens.last_hidden_state!),
    relativeError(outputs.penultimate!, goldens.penultimate!),
    relativeError(outputs.pooled!, goldens.pooled!),
  );
}

/** Height and width of an image tensor `[N, C, height, width]`. */
export function sizeOfImage(image: Tensor): Size {
  return { height: image.shape[2]!, width: image.shape[3]! };
}
