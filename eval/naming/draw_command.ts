import { defineCommand } from "../../lib/core/command/command.ts";
import { counted } from "../../lib/core/counted.ts";
import { needed, number, text, whole } from "../../lib/core/command/option.ts";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import {
  modelOptions,
  seedOption,
  stepsOption,
} from "../../lib/pipeline/options/command_options.ts";
import { sizesOption } from "../sizes_option.ts";
import { drawSheets } from "./draw_sheets.ts";
import { checkNaming, describeNaming } from "./naming_run.ts";

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
    sizes: sizesOption("the model's own"),
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
