import { LocRefError } from "../../core/error.ts";
import { selectWeights } from "../safetensors/select_weights.ts";

/** Options of {@linkcode selectModelFiles}. */
export interface SelectModelFilesOptions {
  /**
   * Variant of the weights, such as `fp16` for `model.fp16.safetensors`. A part that has no such
   * variant is taken plain.
   */
  variant?: string;
  /** Folder inside the repository, without a slash at the end. @default the repository itself */
  folder?: string;
  /**
   * Folders of the parts of further families of models; the first family that a repository holds whole
   * is taken.
   *
   * @default {none}
   */
  layouts?: readonly (readonly string[])[];
}

/** Parts of a Stable Diffusion model without which it cannot be used. */
const REQUIRED = ["scheduler", "text_encoder", "tokenizer", "unet", "vae"];

/** Optional parts, taken where they exist. */
const OPTIONAL = ["image_encoder", "locref", "text_encoder_2", "tokenizer_2"];

/**
 * Selects the files that a model needs from the paths of all files of its repository.
 *
 * - A Stable Diffusion model in diffusers' layout: configs, tokenizer, and one set of safetensors
 *   weights for each part.
 * - A single part (a folder with `config.json`): the same for that part.
 * - A folder of adapters: its safetensors files.
 *
 * @throws {LocRefError} `file-missing` if a part or its weights as safetensors are missing.
 */
export function selectModelFiles(
  paths: readonly string[],
  options: SelectModelFilesOptions = {},
): string[] {
  const prefix = options.folder ? `${options.folder}/` : "";
  const inside = paths.filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
  const place = options.folder ?? "The folder or repository";
  const chosen = inside.includes("model_index.json")
    ? selectPipeline(inside, place, options)
    : inside.includes("config.json")
    ? selectPart(inside, "", options.variant)
    : selectAdapters(inside, place);
  return chosen.map((path) => prefix + path).sort();
}

function selectPipeline(
  paths: readonly string[],
  place: string,
  { variant, layouts = [] }: SelectModelFilesOptions,
): string[] {
  const parts = new Set(paths.map((path) => path.split("/")[0]!));
  const required =
    layouts.find((layout) => layout.every((part) => parts.has(part))) ??
      REQUIRED;
  const missing = required.filter((part) => !parts.has(part));
  if (missing.length > 0) {
    throw new LocRefError(
      "file-missing",
      `${place} has a model_index.json but no ${
        missing.map((part) => `${part} (${neededOf(`${part}/`).join(", or ")})`)
          .join(", ")
      }: it is no Stable Diffusion model in the layout of diffusers, or is not whole`,
    );
  }
  const chosen = ["model_index.json"];
  for (const part of new Set([...required, ...OPTIONAL])) {
    if (parts.has(part)) {
      chosen.push(...selectPart(paths, `${part}/`, variant));
    }
  }
  return chosen;
}

/** Folders of tokenizers. */
const tokenizerFolder = /^tokenizer(_\d+)?\/$/;

/** Files of a byte-pair tokenizer, in either layout of transformers. */
const TOKENIZER = [["vocab.json", "merges.txt"], ["tokenizer.json"]] as const;

/** The file that this package brings in place of them. */
const PACKED = "merges.br";

/** Small files that say how a part is to be used. */
const SETTINGS = /^([\w.-]+\.(json|txt)|merges\.br)$/;

function selectPart(
  paths: readonly string[],
  folder: string,
  variant: string | undefined,
): string[] {
  const names = paths.filter((path) => path.startsWith(folder))
    .map((path) => path.slice(folder.length))
    .filter((name) => !name.includes("/"));
  const settings = names.filter((name) =>
    SETTINGS.test(name) && !name.includes(".index.")
  );
  checkSettings(settings, folder);
  const weights = folder === "scheduler/" || tokenizerFolder.test(folder)
    ? []
    : folder === "locref/"
    ? names.filter((name) => name.endsWith(".safetensors"))
    : selectWeights(names, { variant, place: folder || "The folder" });
  return [...settings, ...weights].map((name) => folder + name);
}

/** Files without which a part cannot be used; of several sets one is enough. */
const NEEDED: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "locref/": [[]],
  "scheduler/": [["scheduler_config.json"]],
};

/** Missing files of each set of needed files; empty text where none is missing. */
function neededOf(folder: string, names: readonly string[] = []): string[] {
  const sets = tokenizerFolder.test(folder)
    ? TOKENIZER
    : NEEDED[folder] ?? [["config.json"]];
  return sets.map((set) =>
    set.filter((name) => !names.includes(name))
      .map((name) => `${folder}${name}`).join(" and ")
  );
}

/** How the message about a part without a file begins. */
export const NOT_WHOLE = "is not whole";

function checkSettings(names: readonly string[], folder: string): void {
  const ways = neededOf(folder, names);
  if (ways.includes("")) return;
  if (tokenizerFolder.test(folder) && names.includes(PACKED)) return;
  throw new LocRefError(
    "file-missing",
    `${folder || "The folder"} ${NOT_WHOLE}: ${ways.join(", or ")} is missing`,
  );
}

function selectAdapters(paths: readonly string[], place: string): string[] {
  const files = paths.filter((path) =>
    !path.includes("/") && !path.startsWith(".") &&
    path.endsWith(".safetensors")
  );
  if (files.length === 0) {
    throw new LocRefError(
      "file-missing",
      `${place} has neither model_index.json nor config.json nor a safetensors file`,
    );
  }
  const settings = paths.filter((path) =>
    !path.includes("/") && SETTINGS.test(path)
  );
  return [...settings, ...files];
}
