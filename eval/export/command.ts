import { parseArgs } from "../../lib/core/parse_args.ts";
import { checkOutputFolder } from "../../lib/core/check_output.ts";
import { choiceFlag, numberFlag, UsageError } from "../../lib/core/usage.ts";
import { sceneFlags, scenesOptions } from "../run/scene_flags.ts";
import { openScenes } from "../run/scenes.ts";
import type { ExportFormat } from "./export_format.ts";
import { gligen } from "./gligen.ts";
import { instanceDiffusion } from "./instance_diffusion.ts";
import { migc } from "./migc.ts";
import { msDiffusion } from "./ms_diffusion.ts";
import { writeExport } from "./write_export.ts";

const formats: readonly ExportFormat[] = [
  gligen,
  migc,
  msDiffusion,
  instanceDiffusion,
];

const names = formats.map(({ name }) => name).join(", ");

/** The command's help. */
export const help: string = `
Usage: deno task eval export --format FORMAT --scenes SCENES -o DIR [OPTION…]

Writes scenes and references as the published code of another system reads them, so that its
pictures can be scored on the same scenes (\`eval run --pictures NAME=DIR\`).

  --format F       one of ${names}
  --scenes S       pocket, a data set of \`deno task dataset\`, a folder of scenes (*.json),
                   coco:ANNOTATIONS.json,IMAGES or openimages:BOXES.csv,IMAGES
  -o, --output     folder of the export
  --count N        number of scenes [100]
  --seed N         seed of the scenes [0]
  --size N         side of the canvas in pixels, where a scene names none [512]
  --reference R    same or other: whether a reference shows the instance itself or another one of
                   its class, where scenes are built from annotations [same]
  --descriptions F class descriptions of OpenImages
  --json           print {format, output, scenes, references}
`;

/** \`deno task eval export\`. */
export async function main(args: string[]): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...sceneFlags,
      format: text,
      size: text,
      output: { type: "string", short: "o" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(help.trim());
    return 0;
  }
  const { scenes, output: out } = values;
  const format = formats.find(({ name }) =>
    name ===
      choiceFlag("format", values.format, formats.map(({ name }) => name))
  );
  if (format === undefined) {
    throw new UsageError(`Option --format takes one of ${names}, got nothing`);
  }
  if (scenes === undefined || out === undefined) {
    throw new UsageError("Both --scenes SCENES and -o DIR are needed");
  }
  const size = numberFlag("size", values.size, { min: 8, integer: true });
  await checkOutputFolder(out);
  const source = await openScenes(scenes, scenesOptions(values, out));
  const written = await writeExport(source, { format, out, size });
  const result = { format: format.name, output: out, ...written };
  console.log(
    values.json
      ? JSON.stringify(result)
      : `${written.scenes} scenes with ${written.references} references in ${out}`,
  );
  return 0;
}
