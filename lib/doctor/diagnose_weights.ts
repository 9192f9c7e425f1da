import type { DenoiserShape } from "../bases/base.ts";
import { denoiserIn, knownModel } from "../bases/bases.ts";
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
import { clipTextProgram } from "../encoders/clip_text.ts";
import { currentVaeName } from "../encoders/vae_config.ts";
import { LocRefError } from "../core/error.ts";
import type { Program, WeightSource } from "../ops/executor.ts";
import { listWeights } from "../ops/list_weights.ts";
import { sizeOf } from "../core/tensor.ts";
import { branchKeyValueProgram } from "../adapters/locref/branch_key_values.ts";
import {
  compareWeights,
  type WeightDifference,
} from "../weights/safetensors/check_weights.ts";
import { fileNotes } from "../weights/identify/file_notes.ts";
import { identifyWeights } from "../weights/identify/identify_weights.ts";
import type {
  WeightIdentity,
  WeightKind,
} from "../weights/identify/weight_identity.ts";
import { partsUnderOriginalNames } from "./original_parts.ts";
import { findNonFinite } from "../weights/safetensors/non_finite.ts";
import type { SafetensorsFile } from "../weights/safetensors/safetensors.ts";
import { findUnread, type UnreadTensors } from "../weights/unread_types.ts";
import { scaledWeights } from "../weights/scaled_weights.ts";
import { renameWeights } from "../weights/weight_sources.ts";
import {
  inferBlip,
  inferClipImage,
  inferClipText,
  inferPocketDetector,
  inferVae,
} from "../pipeline/load/infer_config.ts";

/** Diagnosis of one weight file. */
export interface WeightReport extends WeightDifference {
  /** Path as it was given, or in the repository. */
  readonly file: string;
  /** Kind, in one word. */
  readonly kind: WeightKind;
  /** Description in words. */
  readonly what: string;
  /** The model that it belongs to or fits. */
  readonly base?: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Number of tensors. */
  readonly tensors: number;
  /** Number of values in all tensors. */
  readonly parameters: number;
  /** Number of tensors of each type. */
  readonly dtypes: Readonly<Record<string, number>>;
  /** The file's own notes. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensors that with NaN or infinity, with how many; absent where no values were read. */
  readonly nonFinite?: ReadonlyMap<string, number>;
  /** Further things that its names and its own notes say: training, trigger words, settings. */
  readonly notes: readonly string[];
  /** Each thing that is wrong, as a sentence. Empty: the file can be used. */
  readonly problems: readonly string[];
  /** Advice on the next step. */
  readonly next: string;
}

/** Options of {@linkcode diagnoseWeights}. */
export interface DiagnoseWeightsOptions {
  /** Whether values are read, to find NaN and infinity. @default {true} */
  values?: boolean;
  /** The UNet that an adapter is to fit. @default that of Stable Diffusion 1.5 where the adapter is as wide */
  unet?: DenoiserShape;
}

/** Buffers and heads that checkpoints hold beside what is used. */
const HARMLESS = [
  /position_ids$/,
  /^text_projection\.weight$/,
  /^logit_scale$/,
  /cls\.predictions\.decoder\.(weight|bias)$/,
];

/** Says what an open weight file is and what is wrong with it. */
export async function diagnoseWeights(
  file: SafetensorsFile,
  options: DiagnoseWeightsOptions = {},
): Promise<WeightReport> {
  const weights = scaledWeights(file);
  const { metadata } = file;
  const identity = identifyWeights({ ...weights, metadata });
  const problems: string[] = [];
  if (identity.unusable) {
    problems.push(`LocRef cannot use it: ${identity.unusable}`);
  }
  const infos = file.names().map((name) => file.info(name)!);
  const unread = findUnread(file.names().map((name, i) => [name, infos[i]!]));
  if (unread) problems.push(`${unread.what}, which LocRef does not read`);
  const difference = compareWithModel(
    { ...file, ...weights },
    identity,
    options,
    problems,
  );
  const nonFinite = options.values === false
    ? undefined
    : await findNonFinite(weights);
  problems.push(...differenceProblems(difference));
  const misfit = problems.length > 0;
  if (nonFinite?.size) {
    problems.push(`${tensors(nonFinite.size)} with NaN or infinity`);
  }
  const dtypes: Record<string, number> = {};
  for (const { dtype } of infos) dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
  return {
    file: file.path,
    kind: identity.kind,
    what: identity.what,
    base: identity.base,
    size: file.size,
    tensors: infos.length,
    parameters: infos.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    dtypes,
    metadata: file.metadata,
    ...difference,
    nonFinite,
    notes: [
      ...(weights === file
        ? []
        : ["weights of type I8 are in eight bits, with a scale a row"]),
      ...fileNotes(file, identity, file.path),
    ],
    problems,
    next: nextOf(identity, { misfit, unread, nonFinite }),
  };
}

/** A download that was cut loses the end of a file, never single tensors or values. */
function nextOf(
  identity: WeightIdentity,
  { misfit, unread, nonFinite }: {
    misfit: boolean;
    unread: UnreadTensors | undefined;
    nonFinite: ReadonlyMap<string, number> | undefined;
  },
): string {
  if (identity.unusable) return identity.next;
  if (unread) return unread.next;
  if (misfit) {
    return "Take the file from where it was made, of the version for this model: it is whole as a file, so its tensors were left out or changed when it was saved";
  }
  return nonFinite?.size
    ? "Take the file as F32 or BF16 from where it was made: NaN and infinity were saved with it, often by a conversion to F16"
    : identity.next;
}

function differenceProblems(difference: WeightDifference): string[] {
  const { missing, extra, misshapen } = difference;
  const problems: string[] = [];
  if (missing.size) problems.push(`${tensors(missing.size)} missing`);
  if (extra.size) problems.push(`${tensors(extra.size)} extra`);
  if (misshapen.size) problems.push(`${tensors(misshapen.size)} misshapen`);
  return problems;
}

function tensors(count: number): string {
  return count === 1 ? "1 tensor" : `${count} tensors`;
}

const nothing: WeightDifference = {
  missing: new Map(),
  extra: new Map(),
  misshapen: new Map(),
};

/** Kinds whose sizes are those of their base, or stand in a config alone. */
const unsized: readonly WeightKind[] = ["lora", "lycoris", "t2i-adapter"];

function compareWithModel(
  file: SafetensorsFile,
  identity: WeightIdentity,
  options: DiagnoseWeightsOptions,
  problems: string[],
): WeightDifference {
  if (identity.unusable) return nothing;
  if (unsized.includes(identity.kind)) return nothing;
  try {
    if (
      identity.kind === "locref" || identity.kind.startsWith("ip-adapter")
    ) return compareAdapter(file, options.unet);
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
    case "taesd":
      return currentTaesdNames(file);
    case "controlnet":
      return currentControlnetNames(file);
    default:
      return file;
  }
}

/** Weights that the model of a part needs, with the sizes of its tensors. */
function partWeights(
  kind: WeightKind,
  source: WeightSource,
  sides: readonly TaesdSide[],
): Map<string, readonly number[]> {
  const latent = { height: 8, width: 8 };
  if (kind === "clip-text") {
    const config = inferClipText(source);
    return expected([clipTextProgram(config)]);
  }
  if (kind === "clip-vision") {
    const config = inferClipImage(source);
    return expected([clipImageProgram(config)]);
  }
  if (kind === "clip") {
    return expected([
      clipTextProgram(inferClipText(source)),
      clipImageProgram(inferClipImage(source)),
    ]);
  }
  if (kind === "blip") {
    const config = inferBlip(source);
    return expected([
      blipVisionProgram(config.vision_config),
      blipCrossProgram(config.text_config),
      blipTextProgram(config.text_config),
    ]);
  }
  if (kind === "vae") {
    const config = inferVae(source);
    return expected(made(vaePrograms(config, latent)));
  }
  if (kind === "pocket-detector") {
    return expected([pocketDetectorProgram(inferPocketDetector(source))]);
  }
  if (kind === "taesd") {
    return taesdWeights(inferTaesd(source, "The file", sides), sides);
  }
  if (kind === "controlnet") {
    return expected(
      made(controlnetPrograms(inferControlnetConfig(source), latent)),
    );
  }
  return expected(denoiserIn(source)?.programs({ size: latent }) ?? []);
}

function made(programs: Readonly<Record<string, () => Program>>): Program[] {
  return Object.values(programs).map((program) => program());
}

function expected(
  programs: readonly Program[],
): Map<string, readonly number[]> {
  return new Map(programs.flatMap((program) => [...listWeights(program)]));
}

function compareAdapter(
  file: SafetensorsFile,
  unet: DenoiserShape | undefined,
): WeightDifference {
  const { shape } = readLocRef(file);
  const denoiser = unet ??
    knownModel((one) => one.denoiser.textWidth === shape.width)?.denoiser;
  const layers = denoiser === undefined ? completeLayers(file) : expected([
    branchKeyValueProgram(denoiser, "ci"),
    branchKeyValueProgram(denoiser, "ri"),
  ]);
  const wanted = [...expected([appearanceNetProgram(shape)]), ...layers];
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
