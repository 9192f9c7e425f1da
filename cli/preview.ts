import { checkOutputFile } from "../lib/core/check_output.ts";
import { formatOfPath } from "../lib/images/encode.ts";
import type { GridModel } from "../lib/scene/preview/attention_grid.ts";
import { warningPrinter } from "../lib/core/print_warnings.ts";
import { readScene, rootFlags, rootHelp } from "./read_scene.ts";
import { parseArgs } from "../lib/core/parse_args.ts";
import { UsageError } from "../lib/core/usage.ts";

/** What `preview --help` prints. */
export const help: string = `
Usage: preview SCENE.json [-o sheet.png] [--model pocket|sd15] [--json]

Draws a scene as a model will see it: boxes, composite image, masks at every
resolution at which the model attends to references. No model is loaded.

  SCENE.json        a scene, or a PNG file that generate wrote
  -o, --output      sheet to write (.png, .webp, .jpg) [sheet.png]
  --model           whose resolutions to draw: pocket or sd15 [pocket]
  --no-is           show references without cutting them out
${rootHelp.slice(1)}
  --json            print warnings and mask sizes as JSON
`;

/** Runs the command. */
export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      output: { type: "string", short: "o", default: "sheet.png" },
      model: { type: "string", default: "pocket" },
      "no-is": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      ...rootFlags,
    },
  });
  const [path, ...extra] = positionals;
  if (path === undefined || extra.length > 0) {
    throw new UsageError(`preview takes one scene, got ${positionals.length}`);
  }
  if (values.model !== "pocket" && values.model !== "sd15") {
    throw new UsageError(
      `Option --model takes pocket or sd15, got "${values.model}"`,
    );
  }
  formatOfPath(values.output);
  await checkOutputFile(values.output);
  const scene = await readScene(path, values);
  const model: GridModel = values.model;
  const preview = await scene.preview({ model, is: !values["no-is"] });
  await preview.save(values.output);
  const { warnings, masks } = preview;
  if (values.json) {
    const sizes = masks.map(({ size }) => size);
    console.log(JSON.stringify({ output: values.output, sizes, warnings }));
  } else {
    console.log(values.output);
    warningPrinter()(warnings);
  }
  return 0;
}
