/**
 * Files that are part of the package: weights, pictures, headers.
 *
 * A checkout has them on its disk. Where the package was imported over the network, they are copied
 * to the user's cache when first needed: most readers want a path.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocRefError } from "../error.ts";
import { sha256 } from "./hash.ts";
import { writeFileAtomically } from "./write_file.ts";
import { cacheFolder } from "./cache_folder.ts";

/** Folder or address of the package. */
const root = new URL("../../../", import.meta.url);

/**
 * Path of a file of the package, such as `examples/assets/star.png`.
 *
 * @throws {LocRefError} `file-missing` if it must be fetched and cannot be.
 */
export async function assetFile(name: string): Promise<string> {
  const url = new URL(name, root);
  if (url.protocol === "file:") return fileURLToPath(url);
  const path = join(cachedRoot(), ...name.split("/"));
  if (!existsSync(path)) await writeFileAtomically(path, await download(url));
  return path;
}

/**
 * Path of a folder of the package that holds `files`.
 *
 * @throws {LocRefError} `file-missing` if one must be fetched and cannot be.
 */
export async function assetFolder(
  name: string,
  files: readonly string[],
): Promise<string> {
  const paths = await Promise.all(
    files.map((file) => assetFile(`${name}/${file}`)),
  );
  const [first] = files;
  return paths[0]!.slice(0, -(first!.length + 1));
}

/** Folder of the copies; every version and server has its own. */
function cachedRoot(): string {
  const key = sha256(root.href).slice(0, 16);
  return join(cacheFolder(), "package", key);
}

async function download(url: URL): Promise<Uint8Array> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server says ${response.status}`);
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith("text/html")) throw new Error("it is a web page");
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const reason = (cause as Error).message.split("\n")[0];
    const message = `${url} of the package could not be fetched: ${reason}`;
    throw new LocRefError("file-missing", message, { cause });
  }
}
