import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { shorten } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import { parseHubName } from "../weights/hub/name.ts";
import {
  isPickleName,
  pickleRefusal,
} from "../weights/identify/pickle_files.ts";
import {
  diagnoseFile,
  diagnoseFolder,
  type DiagnoseOptions,
} from "./diagnose_folder.ts";
import { diagnoseRepo } from "./diagnose_repo.ts";
import type { Diagnosis } from "./diagnosis.ts";

export type { DiagnoseOptions };

/**
 * Diagnoses a weight file, a model's folder or a repository on the hub: its kind and its faults.
 * It reads only headers and settings of a repository that is not in the cache.
 *
 * @throws {LocRefError} `file-missing` if there is nothing of that name, `hub` if the hub is out of
 * reach.
 */
export async function diagnose(
  target: string,
  options: DiagnoseOptions = {},
): Promise<Diagnosis> {
  if (isPickleName(target)) return pickleDiagnosis(target);
  if (existsSync(target)) {
    return (await stat(target)).isDirectory()
      ? await diagnoseFolder(target, target, options)
      : await diagnoseFile(target, options);
  }
  const name = /^[./~]/.test(target) ? undefined : parseHubName(target);
  if (name === undefined) {
    throw new LocRefError(
      "file-missing",
      `There is no file or folder ${
        shorten(target, 300)
      }, and it is no name on the Hugging Face hub either`,
    );
  }
  return await diagnoseRepo(target, name, options);
}

function pickleDiagnosis(target: string): Diagnosis {
  const what = "Python pickle, not opened";
  const next =
    "Take the safetensors file that most repositories have beside it";
  const problems = [pickleRefusal(target)];
  return {
    target,
    what,
    files: [],
    refused: [target],
    problems,
    warnings: [],
    next,
    ok: false,
  };
}
