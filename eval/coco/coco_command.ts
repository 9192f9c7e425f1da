import { parseArgs } from "../../lib/core/parse_args.ts";
import { choiceFlag, UsageError } from "../../lib/core/usage.ts";
import { cocoEval, type CocoResults } from "./coco_eval.ts";
import { nothingFoundWarning, strayWarnings } from "./coco_strays.ts";
import type { CocoGroundTruth, CocoScores } from "./coco_types.ts";
import { readCocoDetections, readCocoTruth } from "./read_coco_files.ts";

/** The command's help. */
export const help: string = `
Usage: deno task eval coco --gt FILE --dt FILE [--type bbox|segm] [--json]

COCO's twelve numbers of detections, as pycocotools gives them, and a table of categories; -1 where
there is nothing to measure.

  --gt FILE    true objects: COCO's instances.json
  --dt FILE    detections: COCO's results file
  --type TYPE  what is compared, bbox or segm [bbox]
  --json       print the twelve numbers as JSON
`;

/** `deno task eval coco`: COCO's twelve numbers of a results file. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      gt: { type: "string" },
      dt: { type: "string" },
      type: { type: "string", default: "bbox" },
      json: { type: "boolean", default: false },
    },
  });
  const { gt, dt } = values;
  const type = choiceFlag("type", values.type, ["bbox", "segm"])!;
  if (gt === undefined || dt === undefined) {
    throw new UsageError("Both --gt FILE and --dt FILE are needed");
  }
  const truth = await readCocoTruth(gt, type);
  const detections = await readCocoDetections(dt, type, truth);
  const results = cocoEval(truth, detections, { type });
  const unfound = nothingFoundWarning(results.scores, truth, detections);
  for (const warning of [...strayWarnings(truth, detections), unfound]) {
    if (warning !== undefined) console.error(warning);
  }
  if (values.json) console.log(JSON.stringify(results.scores));
  else print(results, truth);
  return 0;
}

function print(results: CocoResults, truth: CocoGroundTruth): void {
  const keys = Object.keys(results.scores) as (keyof CocoScores)[];
  for (const key of keys) {
    console.log(`${key.padEnd(6)}${cell(results.scores[key])}`);
  }
  const names = new Map(
    truth.categories.map(({ id, name }) => [id, name ?? String(id)]),
  );
  console.log("\nAP      AP50    AR100   category");
  for (const [id, scores] of results.categories) {
    if (scores.AP < 0) continue;
    const cells = [scores.AP, scores.AP50, scores.AR100].map(cell);
    console.log(`${cells.join("  ")}  ${names.get(id)}`);
  }
}

/** Four digits; −1 is no score but says that there is nothing to measure. */
function cell(value: number): string {
  return value < 0 ? "    -1" : value.toFixed(4);
}
