import {
  choice,
  needed,
  text,
  type Values,
  whole,
} from "../../lib/core/command/option.ts";
import { seedOption } from "../../lib/pipeline/options/command_options.ts";
import { referenceSources } from "../../train/dataset/options.ts";
import {
  datasetSources,
  neededOptions,
} from "../../train/dataset/sources/dataset_sources.ts";
import type { OpenScenesOptions } from "./scene_source.ts";

/** Options of the command line that name scenes. */
export const sceneOptions = {
  scenes: needed(text(
    "SCENES",
    `pocket (held-out compositions), a data set of \`deno task dataset\`, a folder of scenes (\`*.json\`), ${
      [...datasetSources].map(({ name, value = "FILE" }) =>
        `${name}:${value},IMAGES`
      ).join(" or ")
    }`,
  )),
  count: whole("most scenes, the first by their keys", {
    min: 1,
    default: 100,
  }),
  seed: seedOption("seed of scenes that are drawn, and of their noise", {
    default: 0,
  }),
  reference: choice(
    referenceSources,
    "whether a reference shows the instance itself or another one of its class, where scenes are built from annotations",
    { value: "WHICH", default: "same" },
  ),
  ...neededOptions(),
};

/** Options of `openScenes` from the command line; `out` is where a data set is built. */
export function openingOptions(
  values: Omit<Values<typeof sceneOptions>, "scenes">,
  out: string,
): OpenScenesOptions {
  const { count, seed, reference: references } = values;
  const annotations = Object.fromEntries(
    Object.entries(values).filter(([name]) => name in neededOptions()),
  );
  return { out, annotations, references, count, seed };
}
