import { join } from "node:path";
import nodeApi from "node-api-headers";
import { assetFolder } from "../../lib/core/files/assets.ts";
import { libraryFiles } from "./fetch_library.ts";
import { hasCommand, runCommand } from "./run_command.ts";

/** Folder of TensorFlow's C headers within the package. */
export const headersFolder = "cli/setup_tensorflow/headers";

/** The files of {@linkcode headersFolder}. */
export const headerFiles: readonly string[] = [
  "tensorflow/c/c_api.h",
  "tensorflow/c/c_api_macros.h",
  "tensorflow/c/eager/c_api.h",
  "tensorflow/c/tf_attrtype.h",
  "tensorflow/c/tf_buffer.h",
  "tensorflow/c/tf_datatype.h",
  "tensorflow/c/tf_status.h",
  "tensorflow/c/tf_tensor.h",
  "tensorflow/c/tf_tstring.h",
  "tensorflow/core/platform/ctstring.h",
  "tensorflow/core/platform/ctstring_internal.h",
  "tsl/platform/ctstring.h",
  "tsl/platform/ctstring_internal.h",
  "xla/tsl/c/tsl_status.h",
];

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
  const headers = await assetFolder(headersFolder, headerFiles);
  const place = join(folder, "lib", "napi-v8");
  await Deno.mkdir(place, { recursive: true });
  const binding = join(place, "tfjs_binding.node");
  const part = `${binding}.${Deno.pid}.part`;
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
  await Deno.rename(part, binding);
  return binding;
}
