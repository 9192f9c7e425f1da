/** Captions by BLIP. */

import { type Blip, loadBlip } from "../../../lib/encoders/blip.ts";
import { openExecutor } from "../../../lib/ops/open_executor.ts";
import type { BackendName } from "../../../lib/ops/backends.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import {
  type Normalisation,
  readPreprocessor,
} from "../../../lib/weights/configs/preprocessor_config.ts";
import { resolveModelFolder } from "../../../lib/weights/resolve_model.ts";

/** Options of {@linkcode openCaptioner}. */
export interface CaptionerOptions {
  /** A folder or a repository. @default {"Salesforce/blip-image-captioning-base"} */
  readonly model: string;
  /** Backend that runs the model. @default {"auto"} */
  readonly backend: BackendName | "auto";
  /** Words that each caption begins with. @default {""} */
  readonly prompt: string;
  /** Beams; 1 is greedy. @default {3} */
  readonly beams: number;
  /** Pictures a run of the image encoder. @default {8} */
  readonly batch: number;
}

/** The options that hold where none is given. */
export const captionerDefaults: CaptionerOptions = {
  model: "Salesforce/blip-image-captioning-base",
  backend: "auto",
  prompt: "",
  beams: 3,
  batch: 8,
};

/** A caption, or why there is none. */
export type Caption = { readonly text: string } | { readonly error: string };

/** Writes captions. */
export interface Captioner {
  /** Side of the pictures it takes. */
  readonly size: number;
  /** Captions of RGB pictures `[size, size, 3]`, in their order. */
  caption(pictures: readonly Uint8Array[]): Promise<Caption[]>;
  /** Frees the model. */
  close(): Promise<void>;
}

const clipNormalisation: Normalisation = {
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
};

/** How often a picture is tried. */
const attempts = 2;

/** Loads the captioner. */
export async function openCaptioner(
  given: Partial<CaptionerOptions> = {},
): Promise<Captioner> {
  const options = { ...captionerDefaults, ...given };
  const folder = await resolveModelFolder(options.model);
  const { config: normalisation } = await readPreprocessor(
    folder,
    clipNormalisation,
  );
  const { executor } = await openExecutor(options.backend);
  const blip = await loadBlip(folder, executor);
  return {
    size: blip.config.vision_config.image_size,
    caption: (pictures) =>
      captionPictures(blip, pictures, { ...options, normalisation }),
    close: () => blip.dispose(),
  };
}

/** Options of {@linkcode captionPictures}. */
export type BatchOptions =
  & Pick<CaptionerOptions, "prompt" | "beams" | "batch">
  & { readonly normalisation?: Normalisation };

/**
 * Captions of RGB pictures `[size, size, 3]`. Each is tried twice; one that fails both times says
 * why, and spoils no other.
 */
export async function captionPictures(
  blip: Blip,
  pictures: readonly Uint8Array[],
  options: BatchOptions,
): Promise<Caption[]> {
  const captions: Caption[] = [];
  for (let at = 0; at < pictures.length; at += options.batch) {
    const batch = pictures.slice(at, at + options.batch);
    captions.push(...await captionBatch(blip, batch, options));
  }
  return captions;
}

/** All pictures at once; where that fails, one by one, so that one cannot spoil the others. */
async function captionBatch(
  blip: Blip,
  pictures: readonly Uint8Array[],
  options: BatchOptions,
): Promise<Caption[]> {
  const pixels = pixelsOf(
    pictures,
    blip.config.vision_config.image_size,
    options.normalisation ?? clipNormalisation,
  );
  let features: Tensor | undefined;
  try {
    features = await blip.features(pixels);
  } catch (error) {
    if (pictures.length === 1) return [{ error: (error as Error).message }];
    const singly: Caption[] = [];
    for (const picture of pictures) {
      singly.push(...await captionBatch(blip, [picture], options));
    }
    return singly;
  }
  const captions: Caption[] = [];
  for (let i = 0; i < pictures.length; i++) {
    captions.push(await captionRow(blip, rowOf(features, i), options));
  }
  return captions;
}

async function captionRow(
  blip: Blip,
  features: Tensor,
  { prompt, beams }: BatchOptions,
): Promise<Caption> {
  let error = "";
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      const ids = await blip.generate(features, { prompt, beams });
      const text = blip.tokenizer.decode(ids);
      if (text !== "") return { text };
      error = "The caption is empty";
    } catch (thrown) {
      error = (thrown as Error).message;
    }
  }
  return { error };
}

function pixelsOf(
  pictures: readonly Uint8Array[],
  size: number,
  { image_mean, image_std }: Normalisation,
): Tensor {
  const plane = size * size;
  const data = new Float32Array(pictures.length * 3 * plane);
  pictures.forEach((rgb, n) => {
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < plane; i++) {
        data[(3 * n + c) * plane + i] =
          (rgb[3 * i + c]! / 255 - image_mean[c]!) / image_std[c]!;
      }
    }
  });
  return tensor([pictures.length, 3, size, size], data);
}

function rowOf(features: Tensor, row: number): Tensor {
  const [, ...shape] = features.shape;
  const length = shape.reduce((a, b) => a * b, 1);
  const data = (features.data as Float32Array).slice(
    row * length,
    (row + 1) * length,
  );
  return tensor([1, ...shape], data);
}
