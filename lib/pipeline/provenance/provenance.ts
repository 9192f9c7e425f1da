import { dirname, relative } from "node:path";
import type { MethodOptions } from "../../adapters/method_options.ts";
import type { PictureScores } from "../options/rulers.ts";
import type { SamplerChoice } from "../../ddim/samplers.ts";
import { sha256 } from "../../core/files/hash.ts";
import {
  readSource,
  type ReadSourceOptions,
} from "../../images/read_source.ts";
import type { WeightSource } from "../../ops/executor.ts";
import type { Size } from "../../core/geometry.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { hashFile } from "../../weights/safetensors/hash_file.ts";
import type { ConditionOptions } from "../options/condition_options.ts";
import type { DecodeOptions } from "../options/decode_options.ts";
import type { SteeringOptions } from "../options/steering_options.ts";
import type { FusionOptions } from "../options/fusion_options.ts";
import {
  instanceSources,
  ownSources,
  type SourceRole,
} from "../options/check_sources.ts";
import type { ModelParts } from "../load/model_parts.ts";
import { partFiles } from "../load/named_parts.ts";
import type { LoraProvenance } from "./lora_provenance.ts";

/** Keyword of the PNG text chunk that holds the provenance. */
export const provenanceKeyword = "locref";

/** Everything that is needed to make a picture again. */
export interface Provenance
  extends
    ConditionOptions,
    SteeringOptions,
    Pick<DecodeOptions, "tiles" | "decoder"> {
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
  /** Name of the sampler, or the name with options. */
  readonly sampler: SamplerChoice;
  /** η of DDIM. */
  readonly eta: number;
  /** Size of the picture, in pixels. */
  readonly size: Size;
  /** Numbers and switches of Eq. (1) that the adapter's own were overridden with. */
  readonly fusion: FusionOptions;
  /** Settings of the adapters beside LocRef, where they are not their own. */
  readonly methods?: MethodOptions;
  /** The model. */
  readonly model: ModelProvenance;
  /** Backend that the model ran on. */
  readonly backend: string;
  /** SHA-256 of each reference file, in the order of the instances. */
  readonly references: readonly string[];
  /** SHA-256 of the other files of each instance, where any instance has some. */
  readonly otherFiles?: readonly OtherFiles[];
  /** SHA-256 of the scene's own pictures, by their place: `init.image`, `controls.0.image`. */
  readonly sceneFiles?: Readonly<Record<string, string>>;
  /** How the picture was made that this one was painted on; it is made again first. */
  readonly painted?: Provenance;
  /** How the picture was chosen, where it is one of several; it is made again without. */
  readonly choice?: Choice;
  /** How many times as wide and high the file's picture is, and how it was enlarged; only in files. */
  readonly enlarged?: { readonly scale: number; readonly by: string };
}

/** SHA-256 of the files of an instance beside its reference. */
export interface OtherFiles {
  /** SHA-256 of a further picture of the instance, from 0. */
  readonly [other: `others.${number}`]: string | undefined;
  /** SHA-256 of the picture that the instance shall not look like. */
  readonly negative?: string;
  /** SHA-256 of the soft mask in place of the box. */
  readonly region?: string;
  /** SHA-256 of the mask that cuts the reference out. */
  readonly cutout?: string;
  /** SHA-256 of the LoRA by which the caption is read. */
  readonly lora?: string;
}

/** How a picture was chosen among several. */
export interface Choice {
  /** Seed of the first picture; what was painted on it is in {@linkcode Provenance.painted}. */
  readonly seed: number;
  /** How many pictures were made. */
  readonly pictures: number;
  /** Scores of the chosen picture. */
  readonly scores: PictureScores;
}

/** Which model made a picture. */
export interface ModelProvenance {
  /** The name that the model was loaded by. */
  readonly name: string;
  /** SHA-256 of each weight file, by its path within the model. */
  readonly files: Readonly<Record<string, string>>;
  /** LoRAs that were merged into it, in their order. @default {none} */
  readonly loras?: readonly LoraProvenance[];
}

/** Hashes of all weight files of a model, by path relative to its folder. */
export async function hashModel(
  parts: ModelParts,
): Promise<Record<string, string>> {
  const files = partFiles(parts).flatMap(({ weights }) => weightFiles(weights));
  const { folder } = parts.base;
  // a checkpoint in one file counts from the folder that it lies in
  const root = files.includes(folder) ? dirname(folder) : folder;
  const hashes: Record<string, string> = {};
  for (const file of [...new Set(files)].sort()) {
    hashes[relative(root, file)] = await hashFile(file);
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

/**
 * SHA-256 of every file that a scene refers to.
 *
 * @param loras Paths of the instances' LoRAs, by the instance's index.
 */
export async function hashSources(
  scene: SceneData,
  options: Omit<ReadSourceOptions, "name"> = {},
  loras: ReadonlyMap<number, string> = new Map(),
): Promise<Pick<Provenance, "references" | "otherFiles" | "sceneFiles">> {
  const sceneFiles: Record<string, string> = {};
  for (const { source, name, key } of ownSources(scene)) {
    sceneFiles[key] = sha256(await readSource(source, { ...options, name }));
  }
  const references: string[] = [];
  const otherFiles: OtherFiles[] = [];
  for (const [i, instance] of scene.instances.entries()) {
    const others: Partial<Record<SourceRole | "lora", string>> = {};
    for (const { source, name, role } of instanceSources(instance, i)) {
      const bytes = await readSource(source, { ...options, name });
      const hash = sha256(bytes);
      if (role === "reference") references.push(hash);
      else others[role] = hash;
    }
    const lora = loras.get(i);
    if (lora !== undefined) others.lora = await hashFile(lora);
    otherFiles.push(others);
  }
  const some = otherFiles.some((others) => Object.keys(others).length > 0);
  return {
    references,
    ...(some && { otherFiles }),
    ...(Object.keys(sceneFiles).length > 0 && { sceneFiles }),
  };
}
