import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import project from "../../../deno.json" with { type: "json" };

/** Folder of a package whose `package.json` has been imported by this name. */
export function packageFolder(
  file: keyof typeof project.imports & `${string}/package.json`,
): string {
  // publishing leaves calls of resolve as they are, so it needs the name with its version
  const installed = import.meta.resolve(project.imports[file]);
  return dirname(fileURLToPath(installed));
}
