import { LocRefError } from "../core/error.ts";
import type { DenoiserShape } from "../bases/denoiser_shape.ts";
import { denoiserIn } from "../bases/bases.ts";
import type { SafetensorsFile } from "../weights/safetensors/safetensors.ts";
import { WeightFileError } from "../weights/weight_file_error.ts";
import { diagnoseWeights, type WeightReport } from "./diagnose_weights.ts";

/** Diagnosis of a file, a folder or a repository. */
export interface Diagnosis {
  /** The file, folder or repository. */
  readonly target: string;
  /** Description in words. */
  readonly what: string;
  /** Each weight file that could be opened. */
  readonly files: readonly WeightReport[];
  /** Pickles, which are never opened. */
  readonly refused: readonly string[];
  /** Each thing that is wrong beside what the files' reports say, as a sentence. */
  readonly problems: readonly string[];
  /** Each thing that is ignored, as a sentence: keys of configs that no library knows. */
  readonly warnings: readonly string[];
  /** How a whole model runs where nothing else is requested. */
  readonly settings?: string;
  /** Advice on the next step. */
  readonly next: string;
  /** Whether LocRef can use it as it is. */
  readonly ok: boolean;
}

/** A weight file that can be opened. */
export interface Opener {
  /** Path as the report names it. */
  readonly name: string;
  /** Reads its header. */
  open(): Promise<SafetensorsFile>;
}

/** Options of {@linkcode summarise}. */
export interface SummaryOptions {
  /** The UNet that adapters are to fit. @default the one among the files */
  readonly unet?: DenoiserShape;
  /** Octaves of coordinates that the UNet among the files reads. @default {0} */
  readonly coordinates?: number;
  /** Whether values are read. @default {true} */
  readonly values?: boolean;
  /** Pickles beside the files. */
  readonly refused?: readonly string[];
  /** Problems that are known already. */
  readonly problems?: readonly string[];
}

/** Opens and diagnoses weight files, and says what they are together. */
export async function summarise(
  target: string,
  openers: readonly Opener[],
  options: SummaryOptions,
): Promise<Diagnosis> {
  const { files, errors } = await diagnoseAll(openers, options);
  const failures = errors.filter((error) => error instanceof WeightFileError);
  const problems = [
    ...options.problems ?? [],
    ...errors.map((error) =>
      error instanceof WeightFileError ? error.problem : error.message
    ),
  ];
  if (openers.length === 0 && problems.length === 0) {
    problems.push("there is no safetensors file");
  }
  const ok = problems.length === 0 &&
    files.every((file) => file.problems.length === 0);
  return {
    target,
    what: describe(files, failures),
    files,
    refused: options.refused ?? [],
    problems,
    warnings: [],
    next: advice(target, files, {
      ok,
      failures,
      incomplete: (options.problems ?? []).length > 0,
    }),
    ok,
  };
}

/** Diagnoses files, and sorts them by name; those that cannot be read are errors instead. */
async function diagnoseAll(
  openers: readonly Opener[],
  { unet, values, coordinates }: SummaryOptions,
) {
  const files: WeightReport[] = [];
  const errors: LocRefError[] = [];
  // The UNet comes first, since adapters are compared with it.
  const ordered = [...openers].sort((a, b) =>
    Number(/(^|\/)unet\//.test(b.name)) - Number(/(^|\/)unet\//.test(a.name))
  );
  for (const { name, open } of ordered) {
    try {
      const file = await open();
      const report = await diagnoseWeights(file, {
        ...{ unet, values, coordinates },
      });
      if (report.kind === "unet" && report.problems.length === 0) {
        unet ??= denoiserIn(file).shape;
      }
      files.push({ ...report, file: name });
    } catch (error) {
      if (!(error instanceof LocRefError)) throw error;
      errors.push(error);
    }
  }
  files.sort((a, b) => a.file < b.file ? -1 : 1);
  return { files, errors };
}

const COMPLETE =
  "Bring what is missing from where the model comes from, or name one file by its path; loading a model by its name on the hub, organisation/repository, fetches all of it";

/** Where a problem is no weight file's, its own sentence says what is missing. */
export const FIX = "Fix what is named above";

function describe(
  files: readonly WeightReport[],
  failures: readonly WeightFileError[] = [],
): string {
  const kinds = new Set(files.map((file) => file.kind));
  const unet = files.find((file) => file.kind === "unet");
  if (unet?.base && kinds.has("vae") && kinds.has("clip-text")) {
    const base = unet.base.startsWith("Stable")
      ? unet.base
      : "model of the Stable Diffusion kind";
    return kinds.has("locref") ? `${base} with a LocRef adapter` : base;
  }
  if (files.length === 0) {
    const [only] = failures.length === 1 ? failures : [];
    return only?.what ?? "nothing that can be read";
  }
  return [...new Set(files.map((file) => file.what))].join("; ");
}

function advice(
  target: string,
  files: readonly WeightReport[],
  { ok, failures, incomplete }: {
    ok: boolean;
    failures: readonly WeightFileError[];
    incomplete: boolean;
  },
): string {
  if (!ok) {
    return failures[0]?.next ??
      files.find((file) => file.problems.length > 0)?.next ??
      (incomplete ? COMPLETE : FIX);
  }
  if (files.length === 1) return files[0]!.next;
  const whole = describe(files);
  if (whole.endsWith("with a LocRef adapter")) {
    return `Load it with LocRef.load(${JSON.stringify(target)})`;
  }
  return files.some((file) => file.kind === "unet")
    ? `Load it with LocRef.load(${
      JSON.stringify(target)
    }, { adapter, imageEncoder }), such as those of h94/IP-Adapter`
    : "Ask about the file you need by its path";
}
