import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { LocRefError } from "../../core/error.ts";
import { liesInside } from "../../core/files/lies_inside.ts";
import type { SourceAccess } from "../../images/read_source.ts";
import { isSafetensorsName } from "../../weights/safetensors/safetensors_name.ts";
import { refuseOtherControl } from "./peek_control.ts";

/** A control as its messages begin, and what its scene may read. */
export interface ControlPlace {
  /** The beginning of messages, such as `Control 1 ("org/repo")`. */
  readonly name: string;
  readonly access?: SourceAccess;
}

/**
 * Makes sure that a network lies on this machine, or may lie on the hub. A scene from a file reads
 * none beyond its folders.
 *
 * @returns whether it is on this machine.
 * @throws {LocRefError} `file-missing` or `file-refused`, naming the control.
 */
export function checkControlPlace(
  model: string,
  { name, access }: ControlPlace,
): boolean {
  const roots = access?.roots;
  if (roots !== undefined && !access?.trusted?.has(model)) {
    const inside = existsSync(model) &&
      roots.some((root) => liesInside(resolve(model), root));
    if (inside) return true;
    refuseOutside(model, name);
  }
  if (existsSync(model)) return true;
  if (hubId.test(model)) return false;
  throw new LocRefError(
    "file-missing",
    `${name} does not exist: it must be a folder, a file, or a hub id like "org/repo"`,
  );
}

/**
 * Where a network lies, fetched from the hub where it is not on this machine.
 *
 * @throws {LocRefError} as {@linkcode checkControlPlace}, or if it is for a base of another width.
 */
export async function locateControl(
  model: string,
  { name, access, textWidth }: ControlPlace & { readonly textWidth: number },
): Promise<string> {
  if (checkControlPlace(model, { name, access })) return model;
  await refuseOtherControl(model, { name, textWidth });
  const { resolveModelFile, resolveModelFolder } = await import(
    "../../weights/resolve_model.ts"
  );
  return isSafetensorsName(model)
    ? await resolveModelFile(model)
    : await resolveModelFolder(model);
}

/** A network's id on the hub, or a file's, with a revision where it has one. */
const hubId = /^\w[\w.-]*\/[\w./-]+(@[\w./-]+)?$/;

/** Refuses a network that a scene from a file may not read, and says what allows it. */
function refuseOutside(model: string, name: string): never {
  const root = "{ root } (--root on the command line)";
  if (existsSync(model)) {
    throw new LocRefError(
      "file-refused",
      `${name} lies outside of the folders that the scene may read: name its folder with ${root}`,
    );
  }
  throw hubId.test(model)
    ? new LocRefError(
      "file-refused",
      `${name} is not in the folders that the scene may read, and one from the hub is fetched only with { root: false } (--allow-outside)`,
    )
    : new LocRefError(
      "file-missing",
      `${name} is neither beside the picture nor where it was: put it there, or name the folder that it lies in with ${root}`,
    );
}
