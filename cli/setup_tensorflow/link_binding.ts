import { join } from "node:path";
import nodeApi from "node-api-headers";
import { assetFile } from "../../lib/core/files/assets.ts";
import { libraryFiles } from "./fetch_library.ts";
import { hasCommand, runCommand } from "./run_command.ts";
import { unzipAll } from "./unzip_files.ts";

/**
 * The C headers of TensorFlow 2.21.0 and their licence, as they lie in the PyPI wheel `tensorflow-cpu`
 * under `tensorflow/include`.
 */
export const headersArchive = "cli/setup_tensorflow/headers.zip";

/**
 * Compiles tfjs-node's binding in the package `folder` against the libraries in `library`, which
 * it finds at run time by their place. Returns the binding's path.
 *
 * @throws {Error} if there is no compiler, or it fails.
 */
export async function linkBinding(
  folder: string,
  library: string,
): Promise<string> {
  const compiler = Deno.env.get("CXX") || "g++";
  if (!await hasCommand(compiler)) {
    throw new Error(
      `A C++17 compiler (${compiler}) is missing: install it (Debian: \`apt-get install g++\`) and run this again`,
    );
  }
  const sources = join(folder, "binding");
  const place = join(folder, "lib", "napi-v8");
  await Deno.mkdir(place, { recursive: true });
  const binding = join(place, "tfjs_binding.node");
  const part = `${binding}.${Deno.pid}.part`;
  const headers = await Deno.makeTempDir({ dir: place });
  try {
    await unzipAll(await assetFile(headersArchive), headers);
    const { code, tail } = await runCommand(compiler, [
      ..."-shared -fPIC -O2 -std=c++17 -DNAPI_VERSION=8".split(" "),
      `-I${nodeApi.include_dir}`,
      `-I${headers}`,
      join(sources, "tfjs_backend.cc"),
      join(sources, "tfjs_binding.cc"),
      "-o",
      part,
      `-L${library}`,
      ...libraryFiles.map((name) => `-l:${name}`),
      `-Wl,-rpath,${library}`,
    ]);
    if (code !== 0) {
      await Deno.remove(part).catch(() => {});
      throw new Error(`${compiler} could not build the binding: ${tail}`);
    }
  } finally {
    await Deno.remove(headers, { recursive: true });
  }
  await Deno.rename(part, binding);
  return binding;
}
