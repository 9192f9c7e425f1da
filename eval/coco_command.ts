import { parseArgs } from "node:util";
import { UsageError } from "../cli/usage.ts";
import { LocRefError } from "../lib/error.ts";
import { readJson } from "../lib/read_json.ts";
import { cocoEval, type CocoResults } from "./coco_eval.ts";
import type {
  CocoDetection,
  CocoGroundTruth,
  CocoScores,
} from "./coco_types.ts";

/** The command's help. */
export const help: string = `
Usage: deno task eval coco --gt FILE --dt FILE [--type bbox|segm] [--json]

COCO's twelve numbers of detections, as pycocotools gives them, and a table of categories.

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
  const { gt, dt, type } = values;
  if (gt === undefined || dt === undefined) {
    throw new UsageError("Both --gt FILE and --dt FILE are needed");
  }
  if (type !== "bbox" && type !== "segm") {
    throw new UsageError(`Option --type takes bbox or segm, got "${type}"`);
  }
  const truth = await readTruth(gt);
  const detections = await readDetections(dt, type);
  const results = cocoEval(truth, detections, { type });
  if (values.json) console.log(JSON.stringify(results.scores));
  else print(results, truth);
  return 0;
}

async function readTruth(path: string): Promise<CocoGroundTruth> {
  const truth = await readJson<CocoGroundTruth>(path);
  for (const key of ["images", "annotations", "categories"] as const) {
    if (!Array.isArray(truth[key])) {
      throw new LocRefError(
        "file-invalid",
        `File "${path}" has no list "${key}"`,
      );
    }
  }
  return truth;
}

async function readDetections(
  path: string,
  type: "bbox" | "segm",
): Promise<CocoDetection[]> {
  const detections = await readJson<CocoDetection[]>(path);
  if (!Array.isArray(detections)) {
    throw new LocRefError(
      "file-invalid",
      `File "${path}" is no list of detections`,
    );
  }
  const field = type === "bbox" ? "bbox" : "segmentation";
  const lacking = detections.findIndex((one) =>
    one[field] === undefined || !Number.isFinite(one.score)
  );
  if (lacking < 0) return detections;
  throw new LocRefError(
    "file-invalid",
    `Detection ${lacking + 1} of "${path}" has no ${field} or no score`,
  );
}

function print(results: CocoResults, truth: CocoGroundTruth): void {
  const keys = Object.keys(results.scores) as (keyof CocoScores)[];
  for (const key of keys) {
    console.log(`${key.padEnd(6)}${results.scores[key].toFixed(4)}`);
  }
  const names = new Map(
    truth.categories.map(({ id, name }) => [id, name ?? String(id)]),
  );
  console.log("\nAP      AP50    AR100   category");
  for (const [id, scores] of results.categories) {
    if (scores.AP < 0) continue;
    const cells = [scores.AP, scores.AP50, scores.AR100].map((value) =>
      value.toFixed(4)
    );
    console.log(`${cells.join("  ")}  ${names.get(id)}`);
  }
}
