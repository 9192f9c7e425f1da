import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BaseKind, SettingsFile } from "../bases/base_kind.ts";
import { baseKindOf, bases } from "../bases/bases.ts";
import { loadClipTokenizer } from "../encoders/clip_tokenizer.ts";
import { LocRefError } from "../core/error.ts";
import { parseBlipConfig } from "../weights/configs/blip_config.ts";
import {
  type ClipTextSettings,
  parseClipImageConfig,
  parseClipTextConfig,
} from "../weights/configs/clip_config.ts";
import type { ConfigPlace, Parsed } from "../weights/configs/parse_config.ts";
import { readConfigFile } from "../weights/configs/read_config_file.ts";
import { parseUnetConfig } from "../weights/configs/unet_config.ts";
import { parseVaeConfig } from "../weights/configs/vae_config.ts";
import type { ConfigSource } from "../weights/hub/remote_configs.ts";
import type { WeightKind } from "../weights/identify/weight_identity.ts";
import { coordinatesNamed } from "../weights/unet_channels.ts";

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

const indexFile = "model_index.json";

/** The settings of what may lie in a model's folder beside its base. */
const besides: readonly SettingsFile[] = [
  { name: "image_encoder/config.json", parse: parseClipImageConfig },
];

/** The settings files of a folder. */
export function folderSource(folder: string): ConfigSource {
  return {
    has: (name) => existsSync(join(folder, name)),
    pathOf: (name) => join(folder, name),
    read: (name) => readConfigFile(join(folder, name)),
  };
}

/** Octaves of coordinates that the UNet of a folder reads, or the UNet whose own folder it is. */
export async function coordinatesIn(source: ConfigSource): Promise<number> {
  const file = ["unet/config.json", "config.json"].find((one) =>
    source.has(one)
  );
  if (file === undefined) return 0;
  try {
    return coordinatesNamed(await source.read(file));
  } catch (error) {
    // its own diagnosis names what is wrong with it
    if (error instanceof LocRefError) return 0;
    throw error;
  }
}

/**
 * Reads every settings file of a model with the schemas that `load` uses.
 *
 * @param folder Folder of the model, where its tokenizers are on this machine.
 */
export async function diagnoseModelConfigs(
  source: ConfigSource,
  folder?: string,
): Promise<ConfigDiagnosis> {
  const problems: string[] = [], warnings: string[] = [];
  const settings = new Map<string, unknown>();
  const { files, tokenizers } = await filesToRead(source, problems);
  for (const { name, parse, required } of files) {
    if (!required && !source.has(name)) continue;
    await collect(problems, async () => {
      const file = source.pathOf(name);
      const parsed = parse(await source.read(name), { file });
      settings.set(name, parsed.config);
      warnings.push(...parsed.warnings);
    });
  }
  for (const [name, encoder] of Object.entries(tokenizers)) {
    if (folder === undefined) continue;
    const text = settings.get(`${encoder}/config.json`) as
      | ClipTextSettings
      | undefined;
    await collect(problems, async () => {
      const loaded = await loadClipTokenizer(join(folder, name), {
        positions: text?.max_position_embeddings,
        vocabulary: text?.vocab_size,
      });
      warnings.push(...loaded.warnings);
    });
  }
  return { problems, warnings };
}

/** The settings files that a model's family has; an index of no known family is one problem. */
async function filesToRead(
  source: ConfigSource,
  problems: string[],
): Promise<{
  files: readonly SettingsFile[];
  tokenizers: Readonly<Record<string, string>>;
}> {
  const file = source.pathOf(indexFile);
  const parts = {
    path: file,
    has: (part: string) => source.has(`${part}/config.json`),
  };
  let kind: BaseKind | undefined;
  await collect(problems, async () => {
    const index = source.has(indexFile)
      ? { value: await source.read(indexFile), file }
      : undefined;
    kind = baseKindOf({ ...parts, index });
  });
  if (kind !== undefined) {
    return { ...kind, files: [...kind.settings, ...besides] };
  }
  const { settings = [], tokenizers = {} } =
    [...bases].find((one) => one.matches(parts)) ?? {};
  const others = settings.filter(({ name }) => name !== indexFile);
  return { files: [...others, ...besides], tokenizers };
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
