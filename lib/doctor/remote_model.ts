import { posix } from "node:path";
import type { WeightSource } from "../ops/executor.ts";
import type { ConfigSource } from "../weights/hub/remote_configs.ts";
import { missingPart } from "../weights/missing_part.ts";
import type { ModelSource } from "../weights/model_source.ts";
import { scaledWeights } from "../weights/scaled_weights.ts";
import { mergeWeights } from "../weights/weight_sources.ts";

/**
 * A model on the hub as a source, so that what a folder is checked for is checked before anything is
 * fetched. Its values cannot be read.
 *
 * @param path Its name in messages.
 * @param files Headers of its weight files, by their paths from the model's folder.
 */
export async function remoteModel(
  path: string,
  configs: ConfigSource,
  files: ReadonlyMap<string, WeightSource>,
): Promise<ModelSource> {
  const config = async (name: string) => ({
    value: await configs.read(name),
    file: configs.pathOf(name),
  });
  const ofPart = (name: string) =>
    [...files].filter(([file]) => posix.dirname(file) === name)
      .map(([, weights]) => weights);
  const has = (name: string) =>
    ofPart(name).length > 0 || configs.has(`${name}/config.json`);
  return {
    path,
    index: await config("model_index.json"),
    has,
    async part(name) {
      if (!has(name)) throw missingPart(path, name);
      return {
        config: await config(`${name}/config.json`),
        place: configs.pathOf(name),
        weights: () =>
          Promise.resolve(scaledWeights(mergeWeights(ofPart(name)))),
      };
    },
    scheduler: () => config("scheduler/scheduler_config.json"),
    tokenizer: (name) => configs.pathOf(name),
  };
}

/** Settings files of which each is read once. */
export function readOnce(source: ConfigSource): ConfigSource {
  const known = new Map<string, Promise<unknown>>();
  return {
    ...source,
    read(name) {
      const value = known.get(name) ?? source.read(name);
      known.set(name, value);
      return value;
    },
  };
}
