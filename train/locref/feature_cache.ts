import { counted } from "../../lib/core/counted.ts";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { LocRefError } from "../../lib/core/error.ts";
import type { Tensor } from "../../lib/core/tensor.ts";
import { countNonFinite } from "../../lib/weights/safetensors/non_finite.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import {
  type WritableTensor,
  writeSafetensors,
} from "../../lib/weights/safetensors/write_safetensors.ts";

/** Tensors by name. */
export type Features = Readonly<Record<string, Tensor>>;

/**
 * Outputs of frozen encoders, on disk under a hash of everything that they depend on.
 *
 * Values are kept as fp16, and rounded so when they are fresh, too: a sample is the same whether it
 * comes from the cache or not.
 */
export class FeatureCache {
  readonly #folder: string | null;
  /** How many outputs came from the disk, and how many had to be computed. */
  readonly counts = { found: 0, made: 0 };

  /** Keeps files in `folder`; nothing where it is null. */
  constructor(folder: string | null) {
    this.#folder = folder;
  }

  /**
   * The features under `key`, made by `make` where they are missing. The key's first part names
   * them in messages.
   *
   * @throws {LocRefError} `not-finite` if they hold NaN, or numbers beyond half precision.
   */
  async get(
    key: readonly (string | Uint8Array)[],
    make: () => Promise<Features>,
  ): Promise<Features> {
    const fresh = async () => checked(roundAll(await make()), key[0]);
    if (this.#folder === null) return await fresh();
    const hash = contentHash(key);
    const folder = join(this.#folder, hash.slice(0, 2));
    const path = join(folder, `${hash.slice(2)}.safetensors`);
    const known = await readFeatures(path);
    if (known !== undefined) {
      this.counts.found++;
      return known;
    }
    this.counts.made++;
    const features = await fresh();
    await Deno.mkdir(folder, { recursive: true });
    const tensors = Object.entries(features).map(([name, { shape, data }]) =>
      [name, { shape, data, dtype: "F16" }] as [string, WritableTensor]
    );
    await writeSafetensors(path, new Map(tensors));
    return features;
  }
}

/** SHA-256 of the parts of a key, each with its length, so that no two keys run together. */
export function contentHash(key: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of key) {
    const bytes = typeof part === "string"
      ? new TextEncoder().encode(part)
      : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}

/** The features in a file; `undefined` where there is none, or it is damaged. */
async function readFeatures(path: string): Promise<Features | undefined> {
  try {
    const file = await openSafetensors(path);
    const features: Record<string, Tensor> = {};
    for (const name of file.names()) {
      features[name] = await file.readTensor(name);
    }
    return features;
  } catch (error) {
    if (error instanceof LocRefError) return undefined;
    throw error;
  }
}

function checked(features: Features, what: unknown): Features {
  for (const [name, { data }] of Object.entries(features)) {
    const count = countNonFinite(data as Float32Array);
    if (count === 0) continue;
    throw new LocRefError(
      "not-finite",
      `The frozen encoder's ${what} (${name}) hold ${
        counted(count, "value that is", "values that are")
      } NaN, infinity or beyond half precision: look for broken weights with doctor`,
    );
  }
  return features;
}

function roundAll(features: Features): Features {
  return Object.fromEntries(
    Object.entries(features).map(([name, { shape, data }]) => [
      name,
      { shape, data: Float32Array.from(new Float16Array(data)) },
    ]),
  );
}
