/** Files of controls: which network a folder or file holds. */

import { stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import type { Program, WeightSource } from "../../ops/executor.ts";
import { listAllWeights } from "../../ops/list_weights.ts";
import { parseControlnetConfig } from "../../weights/configs/controlnet_config.ts";
import { readConfigFile } from "../../weights/configs/read_config_file.ts";
import { parseT2iAdapterConfig } from "../../weights/configs/t2i_adapter_config.ts";
import {
  type ModelPart,
  type OpenOptions,
  openPart,
} from "../../weights/open_part.ts";
import { refuseOtherKind } from "../../weights/refuse_kind.ts";
import { checkWeights } from "../../weights/safetensors/check_weights.ts";
import { openSafetensors } from "../../weights/safetensors/safetensors.ts";
import { controlnetNames } from "../../weights/single_file/controlnet_names.ts";
import { renameWeights } from "../../weights/weight_sources.ts";
import { controlnetPrograms } from "../controlnet/controlnet.ts";
import type { ControlnetConfig } from "../controlnet/controlnet_config.ts";
import { inferControlnetConfig } from "../controlnet/infer_controlnet_config.ts";
import {
  type T2iAdapterConfig,
  t2iAdapterProgram,
} from "../t2i_adapter/t2i_adapter.ts";
import { refuseControl } from "./refuse_control.ts";

/** An open control: a network that reads a picture and adds to the denoiser's features. */
export type Control =
  | { readonly kind: "controlnet" } & ModelPart<ControlnetConfig>
  | { readonly kind: "t2i-adapter" } & ModelPart<T2iAdapterConfig>;

/** Options of {@linkcode openControl}. */
export interface OpenControlOptions extends OpenOptions {
  /** Config of a ControlNet in a single file. @default {inferred from its shapes} */
  config?: ControlnetConfig;
}

/**
 * Opens a ControlNet or T2I-Adapter: a folder in the layout of diffusers, or a ControlNet's single
 * file under the names of diffusers or of the original code. Reads no values.
 *
 * @throws {LocRefError} if it is missing, broken, or another network, which is named.
 */
export async function openControl(
  path: string,
  options: OpenControlOptions = {},
): Promise<Control> {
  if (!existsSync(path)) {
    throw new LocRefError("file-missing", `Control ${quote(path)} is missing`);
  }
  const control = (await stat(path)).isDirectory()
    ? await openFolder(path, options)
    : await openFile(path, {
      config: await configBeside(path, options),
      ...options,
    });
  checkWeights(listAllWeights(programsOf(control)), control.weights, {
    file: `Control ${quote(path)}`,
  });
  return control;
}

const anySize = { height: 8, width: 8 };

/** Every program that reads a control's weights, at some size. */
function programsOf(control: Control): Record<string, () => Program> {
  if (control.kind === "controlnet") {
    return { ...controlnetPrograms(control.config, anySize) };
  }
  const { config } = control;
  return Object.fromEntries(
    config.channels.map((_, level) => [
      `${level}`,
      () => t2iAdapterProgram(config, level, anySize),
    ]),
  );
}

async function openFolder(
  folder: string,
  options: OpenOptions,
): Promise<Control> {
  const file = join(folder, "config.json");
  if (!existsSync(file) && existsSync(join(folder, "model_index.json"))) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `Folder ${
        quote(folder)
      } holds a whole model and no control: load it with LocRef.load(FOLDER), or --model FOLDER`,
    );
  }
  const { _class_name: name } = await readConfigFile(file) as {
    _class_name?: unknown;
  };
  if (name === "T2IAdapter") {
    const part = await openPart(folder, parseT2iAdapterConfig, options);
    return { kind: "t2i-adapter", ...part };
  }
  refuseControl(`Folder ${quote(folder)}`, { className: name });
  const part = await openPart(folder, parseControlnetConfig, options);
  refuseControl(`Folder ${quote(folder)}`, { names: part.weights.names() });
  return { kind: "controlnet", ...part };
}

/** The config of a file that lies in a ControlNet's folder, which shapes do not say in full. */
async function configBeside(
  path: string,
  options: OpenOptions,
): Promise<ControlnetConfig | undefined> {
  const file = join(dirname(path), "config.json");
  if (!folderFile.test(basename(path)) || !existsSync(file)) return undefined;
  const value = await readConfigFile(file) as { _class_name?: unknown };
  if (value._class_name !== "ControlNetModel") return undefined;
  const { config, warnings } = parseControlnetConfig(value, { file });
  for (const warning of warnings) options.onWarning?.(warning);
  return config;
}

/** Names of weights in folders of diffusers' layout. */
const folderFile = /^diffusion_pytorch_model\b.*\.(safetensors|sft)$/;

async function openFile(
  path: string,
  { config }: OpenControlOptions,
): Promise<Control> {
  const file = await openSafetensors(path);
  const names = file.names();
  refuseControl(`File ${quote(path)}`, { names });
  const weights = currentControlnetNames(file);
  if (!weights.names().some((name) => name.startsWith(hintPrefix))) {
    refuseOtherKind(file, {
      kinds: ["controlnet"],
      file: `File ${quote(path)}`,
      expected: "ControlNet",
    });
    throw new LocRefError(
      "checkpoint-mismatch",
      `File ${
        quote(path)
      } holds no ControlNet: it has no weights of "${hintPrefix}" or "input_hint_block."`,
    );
  }
  return {
    kind: "controlnet",
    config: config ?? inferControlnetConfig(weights),
    weights,
    folder: path,
  };
}

/** A ControlNet's weights under the names of diffusers, whatever names the file has. */
export function currentControlnetNames(file: WeightSource): WeightSource {
  const plain = (name: string) => name.replace(/^control_model\./, "");
  const names = file.names().map(plain);
  if (!names.some((name) => name.startsWith("input_hint_block."))) return file;
  const original = controlnetNames(names);
  return renameWeights(file, (name) => original.toDiffusers(plain(name)));
}

const hintPrefix = "controlnet_cond_embedding.";
