import { defineCommand } from "../../lib/core/command/command.ts";
import { choice, needed, text, toggle } from "../../lib/core/command/option.ts";
import { cocoEval, type CocoResults } from "./coco_eval.ts";
import { nothingFoundWarning, strayWarnings } from "./coco_strays.ts";
import type { CocoGroundTruth, CocoScores } from "./coco_types.ts";
import { readCocoDetections, readCocoTruth } from "./read_coco_files.ts";

/** `deno task eval coco`. */
export const command = defineCommand({
  about:
    `Computes COCO's twelve numbers of detections, as pycocotools does, and a table of categories;
    -1 where there is nothing to measure.`,
  options: {
    gt: needed(text("FILE", "true objects: COCO's instances.json")),
    dt: needed(text("FILE", "detections: COCO's results file")),
    type: choice(["bbox", "segm"], "what is compared", { default: "bbox" }),
    json: toggle("print the twelve numbers as JSON"),
  },
  async main({ gt, dt, type, json }) {
    const truth = await readCocoTruth(gt, type);
    const detections = await readCocoDetections(dt, type, truth);
    const results = cocoEval(truth, detections, { type });
    const unfound = nothingFoundWarning(results.scores, truth, detections);
    for (const warning of [...strayWarnings(truth, detections), unfound]) {
      if (warning !== undefined) console.error(warning);
    }
    if (json) console.log(JSON.stringify(results.scores));
    else print(results, truth);
    return 0;
  },
});

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
