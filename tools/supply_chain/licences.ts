/** Licences of the packages in `deno.lock`, and which of them are allowed. */

import { type Lock, splitKey } from "./lock.ts";

const allowed = [
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
];

/**
 * sharp's libvips, as prebuilt dynamic libraries in packages of their own, which a user can replace
 * by another build. Those for Windows and WebAssembly hold sharp's own code as well.
 */
const libvips = /^@img\/sharp-(libvips-.+|win32-.+|wasm32)$/;
const libvipsLicence = "LGPL-3.0-or-later";

/** Licences, as npm lists them, of packages for other systems and of those installed on first use. */
const elsewhere: readonly (readonly [name: RegExp, licence: string])[] = [
  [/^@img\/sharp-libvips-/, libvipsLicence],
  [/^@img\/sharp-win32-/, `Apache-2.0 AND ${libvipsLicence}`],
  [/^@img\/sharp-wasm32$/, `Apache-2.0 AND ${libvipsLicence} AND MIT`],
  [/^@img\/sharp-/, "Apache-2.0"],
  [/^@emnapi\/runtime$/, "MIT"],
  [/^@tensorflow\/tfjs-backend-webgpu$/, "Apache-2.0"],
  [/^@vladmandic\/human$/, "MIT"],
  [/^tslib$/, "0BSD"],
];

/** Licence of every package by its key in the lock file; `undefined` where none is known. */
export async function licencesOf(
  lock: Lock,
): Promise<Map<string, string | undefined>> {
  const found = new Map<string, string | undefined>();
  for (const key of Object.keys(lock.npm)) {
    const { name, version } = splitKey(key);
    found.set(
      key,
      await installedLicence(name, version) ??
        elsewhere.find(([pattern]) => pattern.test(name))?.[1],
    );
  }
  return found;
}

async function installedLicence(
  name: string,
  version: string,
): Promise<string | undefined> {
  const folder = `${name.replaceAll("/", "+")}@${version}`;
  const path = new URL(
    `../../node_modules/.deno/${folder}/node_modules/${name}/package.json`,
    import.meta.url,
  );
  try {
    return JSON.parse(await Deno.readTextFile(path)).license;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whether a package's licence, an SPDX expression, is allowed. */
export function isAllowed(name: string, licence: string): boolean {
  const permitted = libvips.test(name) ? [...allowed, libvipsLicence] : allowed;
  const plain = licence.replaceAll(/[()]/g, "");
  if (/ AND /.test(plain) && / OR /.test(plain)) return false; // nobody read it yet
  return / OR /.test(plain)
    ? plain.split(" OR ").some((one) => permitted.includes(one))
    : plain.split(" AND ").every((one) => permitted.includes(one));
}

/** Whether the licence is that of a dynamic library which users may replace. */
export function isLibvips(name: string): boolean {
  return libvips.test(name);
}
