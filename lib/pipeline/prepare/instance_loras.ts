import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { sha256 } from "../../core/files/hash.ts";
import { inNameOf, LocRefError } from "../../core/error.ts";
import { quotePath } from "../../core/machine/system_error.ts";
import type { SourceAccess } from "../../images/read_source.ts";
import { statRegularFile } from "../../images/read_regular_file.ts";
import type { WeightSource } from "../../ops/executor.ts";
import { instanceName } from "../../scene_data/instance_name.ts";
import type { InstanceLora, SceneData } from "../../scene_data/scene_data.ts";
import { isHubFile } from "../../scene_data/sources.ts";
import { LoraSet } from "../../weights/lora/apply_loras.ts";
import { openLora } from "../../weights/lora/lora_file.ts";
import type { ModelParts } from "../load/model_parts.ts";
import type { WeightChange } from "../programs/runner_use.ts";

/** A LoRA of an instance, open. */
export interface OpenInstanceLora extends WeightChange {
  /** Path on this machine. */
  readonly path: string;
}

/** Folders and files that a scene's LoRAs may be read from. */
export interface InstanceLoraPlace {
  /** Folder that relative paths start from. @default {the current folder} */
  readonly folder?: string;
  readonly access?: SourceAccess;
  readonly signal?: AbortSignal;
}

/**
 * Opens the LoRAs of a scene's instances, fetching from the hub what is not on this machine.
 *
 * @returns them by the instance's index.
 * @throws {LocRefError} naming the instance whose file is missing, or does not fit the model.
 */
export async function openInstanceLoras(
  { instances }: SceneData,
  parts: ModelParts,
  place: InstanceLoraPlace = {},
): Promise<ReadonlyMap<number, OpenInstanceLora>> {
  const found = new Map<number, OpenInstanceLora>();
  for (const [i, instance] of instances.entries()) {
    if (instance.lora === undefined) continue;
    const name = `${instanceName(instance, i)}: lora`;
    const path = await locate(instance.lora.path, name, place);
    const { lora } = instance;
    found.set(i, await inNameOf(name, () => open(lora, path, parts)));
  }
  return found;
}

async function locate(
  given: string,
  name: string,
  { folder, access, signal }: InstanceLoraPlace,
): Promise<string> {
  const path = resolve(folder ?? ".", given);
  const { roots, trusted } = access ?? {};
  const free = roots === undefined || trusted?.has(given);
  const named = `${name} ${quotePath(given)}`;
  if (!isHubFile(given) || existsSync(path)) {
    await statRegularFile(path, {
      name: named,
      maxBytes: Infinity,
      roots: free ? undefined : roots,
    });
    return path;
  }
  if (!free) {
    throw new LocRefError(
      "file-refused",
      `${named} is on the hub: a scene from a file reads only what lies beside it, unless root allows more (--root on the command line)`,
    );
  }
  const { resolveModelFile } = await import("../../weights/resolve_model.ts");
  return await inNameOf(name, () => resolveModelFile(given, { signal }));
}

async function open(
  { scale, textScale }: InstanceLora,
  path: string,
  parts: ModelParts,
): Promise<OpenInstanceLora> {
  const set = new LoraSet([{ file: await openLora(path), scale, textScale }]);
  const acts = parts.base.parts.map(({ name, weights }) =>
    actsOnText(name, weights, set.merge(name, weights))
  );
  set.report();
  if (!acts.includes(true)) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `LoRA "${path}" changes neither a text encoder nor keys and values of text, so it cannot act for one instance`,
    );
  }
  const { size, mtimeMs } = await stat(path);
  const identity = JSON.stringify([path, size, mtimeMs, scale, textScale]);
  return {
    path,
    key: `lora_${sha256(new TextEncoder().encode(identity)).slice(0, 12)}`,
    weights: (part, weights) => set.merge(part, weights),
  };
}

/** Whether a part's text is read otherwise. */
function actsOnText(
  part: string,
  before: WeightSource,
  after: WeightSource,
): boolean {
  if (part.startsWith("text_encoder")) return before !== after;
  return after.names().some((name) =>
    /\.attn2\.to_[kv]\.weight$/.test(name) &&
    after.info(name) !== before.info(name)
  );
}
