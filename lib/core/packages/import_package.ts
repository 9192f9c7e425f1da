/**
 * Packages that are native or large, each imported when it is first needed.
 *
 * Deno fetches every package that a literal `import()` names before the first line runs. So each
 * such package has a module of its own, which imports it by a literal that publishing pins. That
 * module is imported by a name that is put together here. The name must not be a folder and a
 * variable alone: Deno would then read the folder and fetch all of them.
 */

import type * as protobuf_wire from "@bufbuild/protobuf/wire";
import type * as hub from "@huggingface/hub";
import type * as tokenizers from "@huggingface/tokenizers";
import type * as parse_xml from "@rgrove/parse-xml";
import type * as tfjs from "@tensorflow/tfjs";
import type * as onnxruntime from "onnxruntime-node";
import type sharp from "sharp";
import { refusedPermission } from "../machine/permissions.ts";

/** Packages by the names that {@linkcode importPackage} takes; each module exports its package as `default`. */
interface Packages {
  /** Folder of the package that brings CenterNet. */
  readonly centernet: string;
  /** Folder of the pictures of emoji. */
  readonly emoji_pictures: string;
  readonly hub: typeof hub;
  readonly onnxruntime: typeof onnxruntime;
  /** Folder of onnxruntime, in which its providers lie. */
  readonly onnxruntime_folder: string;
  readonly parse_xml: typeof parse_xml;
  readonly protobuf_wire: typeof protobuf_wire;
  readonly sharp: typeof sharp;
  readonly tfjs: typeof tfjs;
  readonly tfjs_node: unknown;
  readonly tfjs_node_folder: string;
  readonly tfjs_node_gpu: unknown;
  readonly tfjs_node_gpu_folder: string;
  readonly tfjs_wasm: unknown;
  readonly tfjs_webgpu: unknown;
  readonly tokenizers: typeof tokenizers;
}

/** Packages that are refused without `--allow-ffi`, by the names that messages give them. */
const native: Partial<Record<keyof Packages, string>> = {
  onnxruntime: "onnxruntime",
  sharp: "sharp",
  tfjs_node: "TensorFlow",
  tfjs_node_gpu: "TensorFlow",
};

/**
 * Imports a package when it is first needed.
 *
 * @throws {LocRefError} `permission-missing` if a permission is refused to it.
 */
export async function importPackage<Name extends keyof Packages>(
  name: Name,
): Promise<Packages[Name]> {
  try {
    return (await import(`./package_${name}.ts`)).default;
  } catch (error) {
    throw refusedPermission(error, {
      ffi: `${native[name] ?? name} loads a native library`,
      env: `${native[name] ?? name} reads its settings from the environment`,
    }) ?? error;
  }
}
