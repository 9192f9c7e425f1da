import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadClipTokenizer } from "../encoders/clip_tokenizer.ts";
import { LocRefError } from "../core/error.ts";
import { parseBlipConfig } from "../weights/configs/blip_config.ts";
import {
  type ClipTextSettings,
  parseClipImageConfig,
  parseClipTextConfig,
} from "../weights/configs/clip_config.ts";
import { parseModelIndex } from "../weights/configs/model_index.ts";
import type { ConfigPlace, Parsed } from "../weights/configs/parse_config.ts";
import { readConfigFile } from "../weights/configs/read_config_file.ts";
import { parseSchedulerConfig } from "../weights/configs/scheduler.ts";
import { parseUnetConfig } from "../weights/configs/unet_config.ts";
import { parseVaeConfig } from "../weights/configs/vae_config.ts";
import type { WeightKind } from "../weights/identify/weight_identity.ts";

/** Everything that the settings files of a folder have wrong, as sentences. */
export interface ConfigDiagnosis {
  /** Problems that keep the model from loading. */
  readonly problems: readonly string[];
  /** Keys and files that are ignored. */
  readonly warnings: readonly string[];
}

type Parse = (value: unknown, place: ConfigPlace) => Parsed<unknown>;

/** The schema of `config.json` beside weights of each kind. */
const schemas: Partial<Record<WeightKind, Parse>> = {
  "blip": parseBlipConfig,
  "clip": parseClipImageConfig,
  "clip-text": parseClipTextConfig,
  "clip-vision": parseClipImageConfig,
  "unet": parseUnetConfig,
  "vae": parseVaeConfig,
};

const textFile = "text_encoder/config.json";

/** The settings files of a model's folder and their schemas; those of parts that it must have too. */
const modelFiles: readonly (readonly [string, Parse, "required"?])[] = [
  ["model_index.json", parseModelIndex],
  [textFile, parseClipTextConfig, "required"],
  ["unet/config.json", parseUnetConfig, "required"],
  ["vae/config.json", parseVaeConfig, "required"],
  ["scheduler/scheduler_config.json", parseSchedulerConfig, "required"],
  ["image_encoder/config.json", parseClipImageConfig],
];

/** Where settings files are read: a folder, or a repository on the hub. */
export interface ConfigSource {
  /** Whether the file exists. */
  has(name: string): boolean;
  /** Its path in messages. */
  pathOf(name: string): string;
  /** Its JSON value. */
  read(name: string): Promise<unknown>;
}

/** The settings files of a folder. */
export function folderSource(folder: string): ConfigSource {
  return {
    has: (name) => existsSync(join(folder, name)),
    pathOf: (name) => join(folder, name),
    read: (name) => readConfigFile(join(folder, name)),
  };
}

/**
 * Reads every settings file of a model with the schemas that `load` uses.
 *
 * @param tokenizer Folder of the tokenizer, where it is on this machine.
 */
export async function diagnoseModelConfigs(
  source: ConfigSource,
  tokenizer?: string,
): Promise<ConfigDiagnosis> {
  const problems: string[] = [], warnings: string[] = [];
  const settings = new Map<string, unknown>();
  for (const [name, parse, required] of modelFiles) {
    if (!required && !source.has(name)) continue;
    await collect(problems, async () => {
      const file = source.pathOf(name);
      const parsed = parse(await source.read(name), { file });
      settings.set(name, parsed.config);
      warnings.push(...parsed.warnings);
    });
  }
  if (tokenizer !== undefined) {
    const text = settings.get(textFile) as ClipTextSettings | undefined;
    await collect(problems, async () => {
      const loaded = await loadClipTokenizer(tokenizer, {
        positions: text?.max_position_embeddings,
        vocabulary: text?.vocab_size,
      });
      warnings.push(...loaded.warnings);
    });
  }
  return { problems, warnings };
}

/** Reads the config beside the weights of a single part. */
export async function diagnosePartConfig(
  source: ConfigSource,
  kind: WeightKind,
): Promise<ConfigDiagnosis> {
  const problems: string[] = [], warnings: string[] = [];
  const parse = schemas[kind];
  const name = "config.json";
  if (parse === undefined || !source.has(name)) return { problems, warnings };
  await collect(problems, async () => {
    const file = source.pathOf(name);
    warnings.push(...parse(await source.read(name), { file }).warnings);
  });
  return { problems, warnings };
}

async function collect(
  problems: string[],
  read: () => Promise<void>,
): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof LocRefError)) throw error;
    problems.push(error.message);
  }
}
