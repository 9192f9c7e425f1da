import { LocRefError } from "../core/error.ts";
import { parseHubName } from "../weights/hub/name.ts";
import type { DiagnoseOptions } from "./diagnose_folder.ts";
import { diagnoseRepo } from "./diagnose_repo.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { type PublicFile, publicFiles } from "./public_files.ts";

/**
 * Reads by range the headers of every public file that the documentation names, one after the
 * other. What is not as the documentation says stands among the problems of its diagnosis.
 *
 * @param files Other files to look at. @default those of the documentation
 * @throws {LocRefError} `hub` if the hub is out of reach.
 */
export async function* diagnosePublic(
  options: DiagnoseOptions = {},
  files: readonly PublicFile[] = publicFiles,
): AsyncGenerator<Diagnosis> {
  for (const file of files) yield await compared(file, options);
}

async function compared(
  file: PublicFile,
  options: DiagnoseOptions,
): Promise<Diagnosis> {
  const { name, kinds } = file;
  try {
    const found = await diagnoseRepo(name, parseHubName(name)!, {
      ...options,
      values: false,
    });
    const others = [...new Set(found.files.map(({ kind }) => kind))].sort();
    if (others.join() === kinds.join()) return found;
    return {
      ...found,
      problems: [
        ...found.problems,
        `the documentation says ${kinds.join(", ")}, but it holds ${
          others.join(", ") || "nothing that can be read"
        }`,
      ],
      ok: false,
      next: reportIt,
    };
  } catch (error) {
    if (!(error instanceof LocRefError) || isOutOfReach(error)) throw error;
    return {
      ...{ target: name, what: "nothing that can be read" },
      ...{ files: [], refused: [], warnings: [] },
      problems: [error.message],
      next: reportIt,
      ok: false,
    };
  }
}

const reportIt = "Report what differs: the documentation names this file";

/** Whether nothing else can be read either. */
function isOutOfReach({ code, cause }: LocRefError): boolean {
  return code === "permission-missing" ||
    code === "hub" && cause !== undefined;
}
