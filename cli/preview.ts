import {
  argument,
  choice,
  needed,
  text,
  toggle,
} from "../lib/core/command/option.ts";
import { checkOutputFile } from "../lib/core/files/check_output.ts";
import { defineCommand } from "../lib/core/command/command.ts";
import { formatOfPath } from "../lib/images/encode.ts";
import { warningPrinter } from "../lib/core/command/print_warnings.ts";
import { editFlags, editsOfFlags } from "./edit_flags.ts";
import { paintedScene } from "./painted_scene.ts";
import { readScene, rootOptions } from "./read_scene.ts";

/** `deno task preview`. */
export const command = defineCommand({
  about:
    `Draws a scene as a model will see it: boxes, composite image, and the masks at every
    resolution at which the model attends to references; the picture that it begins on, the
    pictures of its controls, and its style. No model is loaded.`,
  options: {
    scene: needed(
      argument("SCENE.json", "a scene, or a PNG file that generate wrote"),
    ),
    output: text("FILE", "sheet to write (.png, .webp, .jpg)", {
      ...{ short: "o", default: "sheet.png" },
    }),
    model: choice(["pocket", "sd15"], "model whose resolutions are drawn", {
      default: "pocket",
    }),
    noIs: toggle("show references without cutting them out"),
    ...editFlags,
    ...rootOptions,
    json: toggle("print warnings and mask sizes as JSON"),
  },
  async main({ scene: path, output, model, noIs, json, ...more }) {
    formatOfPath(output);
    const edits = editsOfFlags(more);
    await checkOutputFile(output);
    const found = await readScene(path, more);
    const { scene } = await paintedScene(found, { ...more, scene: path });
    const preview = await scene.preview({ model, is: !noIs, ...edits });
    await preview.save(output);
    const { warnings, masks } = preview;
    if (json) {
      const sizes = masks.map(({ size }) => size);
      console.log(JSON.stringify({ output, sizes, warnings }));
    } else {
      console.log(output);
      warningPrinter()(warnings);
    }
    return 0;
  },
});
