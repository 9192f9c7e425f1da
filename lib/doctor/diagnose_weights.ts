import { counted } from "../core/counted.ts";
import { denoiserIn } from "../bases/bases.ts";
import type { DenoiserShape } from "../bases/denoiser_shape.ts";
import { sizeOf } from "../core/tensor.ts";
import type { WeightInfo } from "../ops/executor.ts";
import type { WeightDifference } from "../weights/safetensors/check_weights.ts";
import { fileNotes } from "../weights/identify/file_notes.ts";
import { identifyWeights } from "../weights/identify/identify_weights.ts";
import type {
  WeightHeader,
  WeightIdentity,
  WeightKind,
} from "../weights/identify/weight_identity.ts";
import { findNonFinite } from "../weights/safetensors/non_finite.ts";
import type { SafetensorsFile } from "../weights/safetensors/safetensors.ts";
import { findUnread, type UnreadTensors } from "../weights/unread_types.ts";
import { scaledWeights } from "../weights/scaled_weights.ts";
import { compareWithModel } from "./compare_with_model.ts";

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
  /** Octaves of coordinates that a UNet in the folder reads. @default {0} */
  coordinates?: number;
}

/** Says what an open weight file is and what is wrong with it. */
export async function diagnoseWeights(
  file: SafetensorsFile,
  options: DiagnoseWeightsOptions = {},
): Promise<WeightReport> {
  const weights = scaledWeights(file);
  const { metadata } = file, { coordinates } = options;
  const identity = identityOf({ ...weights, metadata, coordinates });
  const problems: string[] = [];
  if (identity.unusable) {
    problems.push(`LocRef cannot use it: ${identity.unusable}`);
  }
  const infos = file.names().map((name) => file.info(name)!);
  const unread = findUnread(file.names().map((name, i) => [name, infos[i]!]));
  if (unread) problems.push(`${unread.what}, which LocRef does not read`);
  const read = { ...file, ...weights };
  const difference = compareWithModel(read, identity, options, problems);
  const nonFinite = options.values === false
    ? undefined
    : await findNonFinite(weights);
  problems.push(...differenceProblems(difference));
  const misfit = problems.length > 0;
  if (nonFinite?.size) {
    problems.push(`${counted(nonFinite.size, "tensor")} with NaN or infinity`);
  }
  const { kind, what, base } = identity;
  return {
    file: file.path,
    ...{ kind, what, base },
    size: file.size,
    ...countsOf(infos),
    metadata,
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

/** Numbers of tensors and of values, and of tensors by element type. */
function countsOf(
  infos: readonly WeightInfo[],
): Pick<WeightReport, "tensors" | "parameters" | "dtypes"> {
  const dtypes: Record<string, number> = {};
  for (const { dtype } of infos) dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
  return {
    tensors: infos.length,
    parameters: infos.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    dtypes,
  };
}

/** Identity of a file; a denoiser that no rule knows is that of the family which recognises it. */
function identityOf(header: WeightHeader): WeightIdentity {
  const known = identifyWeights(header);
  if (known.kind !== "unknown") return known;
  const { kind: family } = denoiserIn(header);
  if (family === undefined) return known;
  return {
    kind: "unet",
    what: `denoiser of "${family.family}" (${family.summary})`,
    next:
      "It is the denoiser of a model: load the model's folder with LocRef.load(FOLDER)",
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
  if (missing.size) problems.push(`${counted(missing.size, "tensor")} missing`);
  if (extra.size) problems.push(`${counted(extra.size, "tensor")} extra`);
  if (misshapen.size) {
    problems.push(`${counted(misshapen.size, "tensor")} misshapen`);
  }
  return problems;
}
