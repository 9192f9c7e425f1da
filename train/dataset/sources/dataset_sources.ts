import { anyText, callback, text } from "../../../lib/core/kinds.ts";
import type { Options } from "../../../lib/core/command/option.ts";
import { type Registry, registry } from "../../../lib/core/registry.ts";
import { cocoSource } from "./coco_source.ts";
import type { DatasetSource } from "./dataset_source.ts";
import { openImagesSource } from "./openimages_source.ts";

const builtInSources: readonly DatasetSource[] = [
  cocoSource,
  openImagesSource,
];

/** The forms of annotations that exist, in the order of help; a program can add its own. */
export const datasetSources: Registry<DatasetSource> = registry(
  builtInSources,
  {
    of: "datasetSources.add",
    entry: "Dataset source",
    nameOf: ({ name }) => name,
    needs: {
      name: text("a name"),
      title: text("a name"),
      summary: anyText,
      open: callback,
    },
  },
);

/** Names of the forms of annotations. */
export function sourceNames(): string[] {
  return [...datasetSources].map(({ name }) => name);
}

/** Options that one of the sources cannot do without, as a table for commands that take any source. */
export function neededOptions(): Options {
  return Object.fromEntries(
    [...datasetSources].flatMap(({ options = {} }) =>
      Object.entries(options)
        .filter(([, one]) => one.needed)
        .map(([name, one]) => [name, { ...one, needed: false }])
    ),
  );
}
