import { defineCommand } from "../../lib/core/command/command.ts";
import { counted } from "../../lib/core/counted.ts";
import {
  needed,
  number,
  type Option,
  size,
  text,
  whole,
} from "../../lib/core/command/option.ts";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import type { Size } from "../../lib/core/geometry.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import {
  modelOptions,
  seedOption,
  stepsOption,
} from "../../lib/pipeline/options/command_options.ts";
import { drawSheets } from "./draw_sheets.ts";
import { checkNaming, describeNaming } from "./naming_run.ts";

const oneSize = size("sizes in pixels, which scenes take in turns", {
  value: "WIDTHxHEIGHT,…",
  otherwise: "the model's own",
});

const sizesOption: Option<readonly Size[] | undefined> = {
  ...oneSize,
  default: undefined,
  read: (given, label) =>
    given.at(-1)!.split(",").map((one) => oneSize.read([one], label)!),
};

/** `deno task eval naming draw`. */
export const command = defineCommand({
  about:
    `Makes pictures of held-out scenes of the pocket world, and writes sheets that people name the
    objects of, with no word of the captions: sheet-1.png and on (numbered boxes), choices.txt (four
    names for each object), references-1.png and on (shuffled), README.txt (what readers do), and
    key.json (the solution). The same seed draws the same scenes, and the same bytes.`,
  options: {
    output: needed(text("DIR", "folder of the sheets", { short: "o" })),
    model: modelOptions.model,
    seed: seedOption("seed of the scenes, of their noise and of all choices", {
      default: 1,
    }),
    scenes: whole("number of scenes", { min: 1, default: 24 }),
    sizes: sizesOption,
    objects: number("size of objects, of the usual", {
      min: 0.4,
      max: 1,
      default: 1,
    }),
    steps: stepsOption,
  },
  async main(
    { output: out, model: name, sizes, objects: objectScale, ...given },
  ) {
    await checkOutputFolder(out);
    await using model = await loadModel(name);
    const options = {
      ...{ ...given, model, objectScale },
      sizes: sizes ?? [model.nativeSize],
    };
    const run = await describeNaming(options);
    await checkNaming(out, run);
    const { scenes } = await drawSheets(run, { ...options, out });
    const named = scenes.reduce((sum, one) => sum + one.objects.length, 0);
    console.log(
      `${counted(scenes.length, "scene")} with ${
        counted(named, "object")
      } in ${out}: begin with README.txt`,
    );
    return 0;
  },
});
