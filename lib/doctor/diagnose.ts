import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { liesInside } from "../core/files/lies_inside.ts";
import { quote } from "../core/quote.ts";
import { pocketFolder } from "../pipeline/load/pocket_folder.ts";
import { refuseLocalName } from "../weights/local_name.ts";
import { LocRefError } from "../core/error.ts";
import { parseHubName } from "../weights/hub/name.ts";
import {
  isPickleName,
  pickleAdvice,
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
  if (target === "pocket" || target.startsWith("pocket/")) {
    return await diagnosePocket(target, options);
  }
  refuseLocalName(target, "file or folder");
  const name = /^[./~]/.test(target) ? undefined : parseHubName(target);
  if (name === undefined) {
    throw new LocRefError(
      "file-missing",
      `There is no file or folder ${
        quote(target)
      }, and it is no name on the Hugging Face hub either`,
    );
  }
  return await diagnoseRepo(target, name, options);
}

/** The model that is part of this package, or a file or folder of it, such as `pocket/unet`. */
async function diagnosePocket(
  target: string,
  options: DiagnoseOptions,
): Promise<Diagnosis> {
  const path = join(await pocketFolder(), ...target.split("/").slice(1));
  if (!liesInside(path, await pocketFolder()) || !existsSync(path)) {
    throw new LocRefError(
      "file-missing",
      `The pocket model has no file or folder ${quote(target)}`,
    );
  }
  return (await stat(path)).isDirectory()
    ? await diagnoseFolder(target, path, options)
    : await diagnoseFile(path, options);
}

function pickleDiagnosis(target: string): Diagnosis {
  const what = "Python pickle, not opened";
  const next = `Take its tensors out without running it: ${
    pickleAdvice(target)
  }`;
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
