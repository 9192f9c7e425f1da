import { shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { isPickleName, pickleRefusal } from "../identify/pickle_files.ts";

/** Options of {@linkcode selectWeights}. */
export interface SelectWeightsOptions {
  /** Variant of the weights; the plain ones are taken where there is no such variant. */
  variant?: string;
  /** Subject of the message. @default {"The folder"} */
  place?: string;
}

/**
 * File names of one set of weights among the `names` of a folder: a single file, or an index with
 * its shards.
 *
 * @throws {LocRefError} `file-missing` if there is none as safetensors.
 */
export function selectWeights(
  names: readonly string[],
  options: SelectWeightsOptions = {},
): string[] {
  const { variant, place = "The folder" } = options;
  for (const wanted of variant ? [variant, undefined] : [undefined]) {
    for (const stem of ["diffusion_pytorch_model", "model"]) {
      const found = weightSet(names, stem, wanted);
      if (found) return found;
    }
  }
  const pickle = names.find((name) => isPickleName(name));
  const other = names.find((name) => name.endsWith(".safetensors"));
  const [, stem] = SHARD.exec(other ?? "") ?? [];
  const reason = pickle
    ? pickleRefusal(pickle)
    : stem
    ? `there is ${other}, but ${stem}.safetensors.index.json is missing`
    : other
    ? `there is ${other}: ask for its variant`
    : "expected model.safetensors or diffusion_pytorch_model.safetensors";
  throw new LocRefError(
    "file-missing",
    `${place} has no safetensors weights${
      variant ? ` of variant "${variant}"` : ""
    }: ${reason}`,
  );
}

/** Whether a path is that of the index of weights in several files. */
export function isIndex(path: string): boolean {
  return /\.safetensors\.index(\.[^/]+)?\.json$/.test(path);
}

function weightSet(
  names: readonly string[],
  stem: string,
  variant: string | undefined,
): string[] | undefined {
  const dotted = variant ? `.${variant}` : "";
  const single = `${stem}${dotted}.safetensors`;
  if (names.includes(single)) return [single];
  const index = names.find((name) =>
    name === `${stem}.safetensors.index${dotted}.json` ||
    name === `${stem}${dotted}.safetensors.index.json`
  );
  if (index === undefined) return undefined;
  const shards = names.filter((name) => {
    const [, before, , after] = SHARD.exec(name) ?? [];
    return before !== undefined && `${before}${after}` === `${stem}${dotted}`;
  });
  checkShards(shards);
  return [index, ...shards];
}

const SHARD = /^(.+?)-\d{5}-of-(\d{5})(.*)\.safetensors$/;

/** Each name says how many there are; where no name does, the index alone knows. */
function checkShards(names: readonly string[]): void {
  const lost = new Set<string>();
  for (const name of names) {
    const [, before, total, after] = SHARD.exec(name)!;
    for (let i = 1; i <= Math.min(Number(total), MOST_SHARDS); i++) {
      const number = String(i).padStart(5, "0");
      const one = `${before}-${number}-of-${total}${after}.safetensors`;
      if (!names.includes(one)) lost.add(one);
    }
  }
  if (lost.size === 0) return;
  throw new LocRefError(
    "file-missing",
    `Weights in several files are not whole: ${
      shorten([...lost].join(", "), 400)
    } is missing`,
  );
}

/** Largest number of shards that is believed. */
const MOST_SHARDS = 999;
