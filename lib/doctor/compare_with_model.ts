/** The tensors of a weight file beside those that its model needs. */

import type { DenoiserShape } from "../bases/denoiser_shape.ts";
import { denoiserIn, knownModel } from "../bases/bases.ts";
import { expectedWeights } from "../bases/check_part.ts";
import { vaePrograms } from "../encoders/vae_programs.ts";
import { readLocRef } from "../adapters/open_locref.ts";
import { appearanceNetProgram } from "../adapters/locref/appearance_net.ts";
import { blipCrossProgram, blipTextProgram } from "../encoders/blip_text.ts";
import { blipVisionProgram } from "../encoders/blip_vision.ts";
import { clipImageProgram } from "../encoders/clip_image.ts";
import { taesdWeights } from "../encoders/taesd/check_taesd.ts";
import {
  currentTaesdNames,
  inferTaesd,
  sidesIn,
  type TaesdSide,
} from "../encoders/taesd/infer_taesd.ts";
import { pocketDetectorProgram } from "../encoders/pocket_detector.ts";
import { controlnetPrograms } from "../adapters/controlnet/controlnet.ts";
import { inferControlnetConfig } from "../adapters/controlnet/infer_controlnet_config.ts";
import { currentControlnetNames } from "../adapters/controls/open_control.ts";
import { clipTextProgram, wrappedTextName } from "../encoders/clip_text.ts";
import { currentVaeName } from "../encoders/vae_config.ts";
import { LocRefError } from "../core/error.ts";
import type { Program, WeightSource } from "../ops/executor.ts";
import { branchKeyValueProgram } from "../adapters/locref/branch_key_values.ts";
import {
  compareWeights,
  type WeightDifference,
} from "../weights/safetensors/check_weights.ts";
import type {
  WeightIdentity,
  WeightKind,
} from "../weights/identify/weight_identity.ts";
import { partsUnderOriginalNames } from "./original_parts.ts";
import type { SafetensorsFile } from "../weights/safetensors/safetensors.ts";
import { checkLayers } from "../weights/lora/check_layers.ts";
import { loraIn } from "../weights/lora/lora_file.ts";
import { renameWeights } from "../weights/weight_sources.ts";
import {
  inferBlip,
  inferClipImage,
  inferClipText,
  inferPocketDetector,
  inferVae,
} from "../pipeline/load/infer_config.ts";

/** Buffers and heads that checkpoints hold beside what is used. */
const HARMLESS = [
  /position_ids$/,
  /^text_projection\.weight$/,
  /^logit_scale$/,
  /cls\.predictions\.decoder\.(weight|bias)$/,
];

/** Size of latents for programs whose weights do not depend on it. */
const latent = { height: 8, width: 8 };

const nothing: WeightDifference = {
  missing: new Map(),
  extra: new Map(),
  misshapen: new Map(),
};

/** Kinds whose sizes are those of their base, or stand in a config alone. */
const unsized: readonly WeightKind[] = ["t2i-adapter"];

/** Kinds whose layers are checked each by itself. */
const differences: readonly WeightKind[] = ["lora", "lycoris"];

/**
 * Compares a file with the model that its tensors are of. Where tensors that define the model's sizes
 * are missing, a sentence on them is added to `problems`.
 */
export function compareWithModel(
  file: SafetensorsFile,
  identity: WeightIdentity,
  { unet }: { readonly unet?: DenoiserShape },
  problems: string[],
): WeightDifference {
  if (identity.unusable) return nothing;
  if (unsized.includes(identity.kind)) return nothing;
  try {
    if (differences.includes(identity.kind)) {
      checkLayers(loraIn(file));
      return nothing;
    }
    if (
      identity.kind === "locref" || identity.kind.startsWith("ip-adapter")
    ) return compareAdapter(file, unet);
    const parts = partsUnderOriginalNames(file, identity.kind);
    return parts === undefined
      ? comparePart(file, identity.kind)
      : joined(parts.map(({ kind, weights }) => comparePart(weights, kind)));
  } catch (error) {
    // A model without the tensors that define its sizes cannot be compared with anything.
    if (!(error instanceof LocRefError)) throw error;
    problems.push(error.message);
    return nothing;
  }
}

/** Differences of several parts together. */
function joined(differences: readonly WeightDifference[]): WeightDifference {
  return {
    missing: new Map(differences.flatMap(({ missing }) => [...missing])),
    extra: new Map(differences.flatMap(({ extra }) => [...extra])),
    misshapen: new Map(differences.flatMap(({ misshapen }) => [...misshapen])),
  };
}

function comparePart(
  file: WeightSource,
  kind: WeightKind,
): WeightDifference {
  const source = currentNames(file, kind);
  return compareWeights(partWeights(kind, source, sidesIn(file)), source, {
    ignore: HARMLESS,
  });
}

/** A part's weights under the names that its programs use. */
function currentNames(file: WeightSource, kind: WeightKind): WeightSource {
  switch (kind) {
    case "vae":
      return renameWeights(file, currentVaeName);
    case "clip-text":
      return renameWeights(file, wrappedTextName);
    case "taesd":
      return currentTaesdNames(file);
    case "controlnet":
      return currentControlnetNames(file);
    default:
      return file;
  }
}

/** Programs of each kind of part, of the sizes that its tensors have. */
const programsOf: Partial<
  Record<WeightKind, (source: WeightSource) => readonly Program[]>
> = {
  "clip-text": (source) => [clipTextProgram(inferClipText(source))],
  "clip-vision": (source) => [clipImageProgram(inferClipImage(source))],
  clip: (source) => [
    clipTextProgram(inferClipText(source)),
    clipImageProgram(inferClipImage(source)),
  ],
  blip: (source) => {
    const { vision_config: vision, text_config: text } = inferBlip(source);
    return [
      blipVisionProgram(vision),
      ...[blipCrossProgram(text), blipTextProgram(text)],
    ];
  },
  vae: (source) => made(vaePrograms(inferVae(source), latent)),
  "pocket-detector": (source) => [
    pocketDetectorProgram(inferPocketDetector(source)),
  ],
  controlnet: (source) =>
    made(controlnetPrograms(inferControlnetConfig(source), latent)),
};

/** Weights that the model of a part needs, with the sizes of its tensors. */
function partWeights(
  kind: WeightKind,
  source: WeightSource,
  sides: readonly TaesdSide[],
): Map<string, readonly number[]> {
  if (kind === "taesd") {
    return taesdWeights(inferTaesd(source, "The file", sides), sides);
  }
  const programs = programsOf[kind];
  if (programs !== undefined) return expectedWeights(programs(source));
  const { shape, error } = denoiserIn(source);
  if (error !== undefined) throw error;
  return expectedWeights(shape?.programs({ size: latent }) ?? []);
}

function made(
  programs: Readonly<Record<string, (() => Program) | undefined>>,
): Program[] {
  return Object.values(programs).flatMap((one) => one ? [one()] : []);
}

function compareAdapter(
  file: SafetensorsFile,
  unet: DenoiserShape | undefined,
): WeightDifference {
  const { shape } = readLocRef(file);
  const denoiser = unet ??
    knownModel((one) => one.denoiser.textWidth === shape.width)?.denoiser;
  const layers = denoiser === undefined
    ? completeLayers(file)
    : expectedWeights([
      branchKeyValueProgram(denoiser, "ci"),
      branchKeyValueProgram(denoiser, "ri"),
    ]);
  const wanted = [...expectedWeights([appearanceNetProgram(shape)]), ...layers];
  return compareWeights(
    new Map(
      shape.kind === "locref"
        ? wanted
        : wanted.map(([name, dims]) => [ipAdapterName(name), dims]),
    ),
    file,
  );
}

/** The layers that an adapter for an unknown UNet has, each with all its keys and values. */
function completeLayers(
  file: SafetensorsFile,
): Map<string, readonly number[]> {
  const layers = new Map<string, readonly number[]>();
  for (const name of file.names()) {
    const [, layer] = /^(?:layout_net|ip_adapter)\.(\d+)\./.exec(name) ?? [];
    if (layer === undefined || file.info(name)!.shape.length !== 2) continue;
    for (const suffix of ["k_ci", "v_ci", "k_ri", "v_ri"]) {
      const full = `layout_net.${layer}.to_${suffix}.weight`;
      layers.set(full, layers.get(full) ?? file.info(name)!.shape);
    }
  }
  return layers;
}

/** The name in an IP-Adapter file of a weight that both branches take from it. */
function ipAdapterName(name: string): string {
  return name.replace(
    /^layout_net\.(\d+)\.to_([kv])_(?:ci|ri)\.weight$/,
    "ip_adapter.$1.to_$2_ip.weight",
  );
}
