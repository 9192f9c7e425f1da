import { defineCommand } from "../../lib/core/command/command.ts";
import {
  choice,
  needed,
  text,
  toggle,
  whole,
} from "../../lib/core/command/option.ts";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { openingOptions, sceneOptions } from "../run/scene_options.ts";
import { openScenes } from "../run/scenes.ts";
import { exportFormats } from "./export_formats.ts";
import { writeExport } from "./write_export.ts";

/** `deno task eval export`. */
export const command = defineCommand({
  about:
    `Writes scenes and references as the published code of another system reads them. Its pictures
    can then be scored on the same scenes: \`deno task eval run --pictures NAME=DIR\`.`,
  options: {
    format: needed(choice(
      exportFormats.map(({ name }) => name),
      "system that the scenes are written for",
    )),
    output: needed(text("DIR", "folder of the export", { short: "o" })),
    ...sceneOptions,
    size: whole("side of the canvas in pixels, where a scene names none", {
      min: 8,
      otherwise: "512",
    }),
    json: toggle("print {format, output, scenes, references}"),
  },
  async main({ format: name, output: out, scenes, size, json, ...values }) {
    const format = exportFormats.find((one) => one.name === name)!;
    await checkOutputFolder(out);
    const source = await openScenes(scenes, openingOptions(values, out));
    const written = await writeExport(source, { format, out, size });
    console.log(
      json
        ? JSON.stringify({ format: name, output: out, ...written })
        : `${written.scenes} scenes with ${written.references} references in ${out}`,
    );
    return 0;
  },
});
