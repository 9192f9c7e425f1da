import { createHash } from "node:crypto";
import { relative } from "node:path";
import type { PictureScores } from "../../eval/rulers.ts";
import type { SamplerName } from "../ddim/sampler.ts";
import { decodeImage } from "../images/decode.ts";
import { LocRefError } from "../error.ts";
import type { ImageLimits } from "../images/image_limits.ts";
import { readPngText } from "../images/png_text.ts";
import { readSource } from "../images/read_source.ts";
import type { WeightSource } from "../ops/executor.ts";
import type { Size } from "../ops/ops.ts";
import type { SceneData } from "../scene/types.ts";
import { hashFile } from "../weights/hash_file.ts";
import type { LayoutOptions } from "./generate_options.ts";
import { instanceName } from "./instance_name.ts";
import type { ModelParts } from "./runners.ts";

/** Keyword of the PNG text chunk that holds the provenance. */
export const provenanceKeyword = "locref";

/** Everything that is needed to make a picture again. */
export interface Provenance {
  /** Version of this layout of the data. */
  readonly version: 1;
  /** The scene. */
  readonly scene: SceneData;
  /** Seed of the noise. */
  readonly seed: number;
  /** Number of steps. */
  readonly steps: number;
  /** Guidance scale. */
  readonly guidance: number;
  /** Part of the steps under guidance, where it was not all of them. */
  readonly guidanceInterval?: readonly [number, number];
  /** Every how many steps the whole UNet ran, where it was not each. */
  readonly deepEvery?: number;
  /** Name of the sampler. */
  readonly sampler: SamplerName;
  /** η of DDIM. */
  readonly eta: number;
  /** Size of the picture, in pixels. */
  readonly size: Size;
  /** Numbers and switches of Eq. (1) that the adapter's own were overridden with. */
  readonly layout: LayoutOptions;
  /** The model. */
  readonly model: ModelProvenance;
  /** What the model ran on. */
  readonly backend: string;
  /** SHA-256 of each reference file, in the order of the instances. */
  readonly references: readonly string[];
  /** How the picture was chosen, where it is one of several; it is made again without. */
  readonly choice?: Choice;
}

/** How a picture was chosen among several. */
export interface Choice {
  /** Seed of the first picture; noise that was rolled anew is in the scene's instances. */
  readonly seed: number;
  /** How many pictures were made. */
  readonly pictures: number;
  /** What the chosen one scored. */
  readonly scores: PictureScores;
}

/** Which model made a picture. */
export interface ModelProvenance {
  /** The name that the model was loaded by. */
  readonly name: string;
  /** SHA-256 of each weight file, by its path within the model. */
  readonly files: Readonly<Record<string, string>>;
}

/** Hashes of all weight files of a model, by path relative to its folder. */
export async function hashModel(
  parts: ModelParts,
): Promise<Record<string, string>> {
  const { base, adapter, imageEncoder } = parts;
  const sources = [base.text, base.unet, base.vae, adapter, imageEncoder];
  const files = sources.flatMap((one) => one ? weightFiles(one.weights) : []);
  const hashes: Record<string, string> = {};
  for (const file of [...new Set(files)].sort()) {
    hashes[relative(base.folder, file)] = await hashFile(file);
  }
  return hashes;
}

/** Files that weights lie in, sorted. */
export function weightFiles(weights: WeightSource): string[] {
  const files = weights.names().flatMap((name) =>
    weights.info(name)!.file ?? []
  );
  return [...new Set(files)].sort();
}

/** SHA-256 of the bytes of each reference of a scene. */
export async function hashReferences(
  scene: SceneData,
  options: { folder?: string; limits?: ImageLimits } = {},
): Promise<string[]> {
  const hashes: string[] = [];
  for (const [i, instance] of scene.instances.entries()) {
    const { folder, limits } = options;
    const name = `${instanceName(instance, i)}: reference`;
    const bytes = await readSource(instance.reference, {
      folder,
      limits,
      name,
    });
    hashes.push(createHash("sha256").update(bytes).digest("hex"));
  }
  return hashes;
}

/**
 * The provenance in a PNG file that this package wrote.
 *
 * @param png a path or the file's bytes.
 * @throws {LocRefError} `image-invalid` if it is no PNG file or has no provenance.
 */
export async function readProvenance(
  png: string | Uint8Array,
): Promise<Provenance> {
  const bytes = typeof png === "string" ? await readSource(png) : png;
  const text = readPngText(bytes, provenanceKeyword);
  if (text !== undefined) return JSON.parse(text) as Provenance;
  await decodeImage(bytes);
  const name = typeof png === "string" ? ` "${png}"` : "";
  throw new LocRefError(
    "image-invalid",
    `Picture${name} does not say how it was made: it must be a PNG file written by Picture.save`,
  );
}
