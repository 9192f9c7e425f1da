import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadClipTokenizer } from "../encoders/clip_tokenizer.ts";
import { LocRefError } from "../error.ts";
import { parseBlipConfig } from "../weights/configs/blip_config.ts";
import {
  parseClipImageConfig,
  parseClipTextConfig,
} from "../weights/configs/clip_config.ts";
import { parseModelIndex } from "../weights/configs/model_index.ts";
import type { ConfigPlace, Parsed } from "../weights/configs/parse_config.ts";
import { readConfigFile } from "../weights/configs/read_config_file.ts";
import { parseUnetConfig } from "../weights/configs/unet_config.ts";
import { parseVaeConfig } from "../weights/configs/vae_config.ts";
import type { WeightKind } from "../weights/weight_identity.ts";

/** Everything that the settings files of a folder have wrong, as sentences. */
export interface ConfigDiagnosis {
  /** What keeps the model from being loaded. */
  readonly problems: readonly string[];
  /** What is ignored. */
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

/** The settings files of a model's folder and their schemas; those of parts that it must have too. */
const modelFiles: readonly (readonly [string, Parse, "required"?])[] = [
  ["model_index.json", parseModelIndex],
  ["text_encoder/config.json", parseClipTextConfig, "required"],
  ["unet/config.json", parseUnetConfig, "required"],
  ["vae/config.json", parseVaeConfig, "required"],
  ["image_encoder/config.json", parseClipImageConfig],
];

/** Reads every settings file of a model's folder with the schemas that `load` uses. */
export async function diagnoseModelConfigs(
  folder: string,
): Promise<ConfigDiagnosis> {
  const problems: string[] = [], warnings: string[] = [];
  for (const [name, parse, required] of modelFiles) {
    const file = join(folder, name);
    if (!required && !existsSync(file)) continue;
    await collect(problems, async () => {
      warnings.push(...parse(await readConfigFile(file), { file }).warnings);
    });
  }
  await collect(problems, async () => {
    const tokenizer = await loadClipTokenizer(
      join(folder, "tokenizer"),
      await textSizes(join(folder, "text_encoder", "config.json")),
    );
    warnings.push(...tokenizer.warnings);
  });
  return { problems, warnings };
}

/** Reads the config beside the weights of a single part. */
export async function diagnosePartConfig(
  folder: string,
  kind: WeightKind,
): Promise<ConfigDiagnosis> {
  const problems: string[] = [], warnings: string[] = [];
  const parse = schemas[kind];
  const file = join(folder, "config.json");
  if (parse === undefined || !existsSync(file)) return { problems, warnings };
  await collect(problems, async () => {
    warnings.push(...parse(await readConfigFile(file), { file }).warnings);
  });
  return { problems, warnings };
}

/** What the tokenizer must fit; nothing where the text encoder's own config is wrong. */
async function textSizes(file: string) {
  try {
    const { config } = parseClipTextConfig(await readConfigFile(file), {
      file,
    });
    return {
      positions: config.max_position_embeddings,
      vocabulary: config.vocab_size,
    };
  } catch (error) {
    if (error instanceof LocRefError) return {};
    throw error;
  }
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
