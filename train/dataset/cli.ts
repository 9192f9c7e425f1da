/** `deno task dataset`. */

import { parseArgs } from "../../lib/core/parse_args.ts";
import { checkOutputFolder } from "../../lib/core/check_output.ts";
import { UsageError, wordMessage } from "../../lib/core/usage.ts";
import { startProgress } from "../../lib/core/progress.ts";
import { runBuild } from "./cli_build.ts";
import { exportCoco } from "./export/export_coco.ts";
import { exportYolo } from "./export/export_yolo.ts";
import { openDataset } from "./read/open_dataset.ts";
import { readManifest, verifyDataset } from "./read/verify.ts";

/** The command's help. */
export const help = `
Usage: deno task dataset build --coco ANNOTATIONS.json --images DIR|ZIP -o OUT [OPTION…]
       deno task dataset build --openimages BOXES.csv --descriptions CLASSES.csv --images DIR|ZIP -o OUT [OPTION…]
       deno task dataset inspect DATASET [--key KEY] [--json]
       deno task dataset verify DATASET [--json]
       deno task dataset export DATASET --coco|--yolo -o OUT

build, OpenImages only:
  --descriptions FILE  class-descriptions-boxable.csv
  --metadata FILE      image metadata with rotation
  --masks FILE         segmentation CSV; --mask-images DIR|ZIP holds its PNGs
  --hierarchy FILE     bbox_labels_600_hierarchy.json: a class stands for its children too

build, what is kept:
  --classes A,B        only these classes
  --min-area 0.005     least area of a box, as a fraction of the picture
  --min-side 16        least side of a box in pixels
  --max-aspect 8       largest ratio of a box's sides
  --max-overlap 1      largest IoU with a larger instance
  --min-sharpness 0    least variance of the Laplacian inside the box
  --max-instances 8    most instances of a picture, the largest are kept
  --drop-truncated     drop what goes on outside the picture
  --keep 0.3           least part of a box that the centre crop leaves

build, what is written:
  --size 512           side of the training pictures
  --ref-size 256       longest side of the references
  --margin 0           margin around a reference, as a fraction of its box
  --no-cutouts         no alpha from masks
  --reference same     the instance itself, or "other": one of its class in another picture of the
                       split; where none will do it is the instance itself, which is counted
  --originals link     keep the pictures as they were in originals/, named by their SHA-256: hard
                       links where the file system has them, "copy", or "none"
  --index jsonl        the list of samples: index.jsonl, or "parquet": index.parquet
  --quality 90         of JPEG and WebP
  --captions HOW       blip, none, or COCO's captions file (default none)
  --captioner MODEL    BLIP's folder or repository; --beams 3, --prompt TEXT, --backend auto
  --shard-size 500     pictures a shard
  --validation 0       part of the pictures that goes to the validation split
  --seed 0             changes which those are
  --threads N          worker threads (default: the number of cores)
  --strict             stop at the first problem
  --json               print the report as JSON

Several machines: mpirun -n N deno task dataset build … . A build that was ended goes on where it
was when the same command is given again.

Exit codes: 0 done (what could not be used is in report.json); 1 failed: annotations unreadable, a
shard or no sample at all written, --strict with a problem, verify with a difference; 2 bad usage.
`;

/** Runs the command and returns its exit code. */
export async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === "build") return await runBuild(rest);
  if (name === "inspect") return await inspect(rest);
  if (name === "verify") return await verify(rest);
  if (name === "export") return await exportTo(rest);
  throw new UsageError(
    wordMessage("dataset", name, ["build", "inspect", "verify", "export"]),
  );
}

function oneFolder(positionals: readonly string[]): string {
  if (positionals.length === 1) return positionals[0]!;
  throw new UsageError(
    `One data set's folder is expected, got ${positionals.length}`,
  );
}

async function inspect(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { key: { type: "string" }, json: { type: "boolean" } },
  });
  const folder = oneFolder(positionals);
  const manifest = await readManifest(folder);
  const dataset = await openDataset(folder);
  const { lines } = dataset;
  if (values.key !== undefined) {
    const index = lines.findIndex(({ key }) => key === values.key);
    if (index < 0) throw new RangeError(`No sample has the key ${values.key}`);
    const { sample } = await dataset.read(index);
    console.log(JSON.stringify(sample, null, 2));
    return 0;
  }
  const classes = new Map<string, number>();
  for (const category of lines.flatMap(({ categories }) => categories)) {
    classes.set(category, (classes.get(category) ?? 0) + 1);
  }
  const figures = {
    shards: manifest.shards.length,
    samples: lines.length,
    validation: lines.filter(({ split }) => split === "validation").length,
    captioned: lines.filter(({ caption }) => caption !== null).length,
    bytes: manifest.shards.reduce((total, { bytes }) => total + bytes, 0),
    classes: Object.fromEntries(
      [...classes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)),
    ),
  };
  if (values.json) console.log(JSON.stringify(figures));
  else {
    const { classes, ...numbers } = figures;
    console.table(numbers);
    console.table(classes);
  }
  return 0;
}

async function verify(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean" } },
  });
  const progress = startProgress("verify", { unit: "samples" });
  const result = await verifyDataset(oneFolder(positionals), progress);
  progress.end();
  if (values.json) console.log(JSON.stringify(result));
  else {
    for (const { where, what } of result.problems) {
      console.log(`${where}: ${what}`);
    }
    console.log(
      `${result.files} files, ${result.problems.length} differences`,
    );
  }
  return result.problems.length > 0 ? 1 : 0;
}

async function exportTo(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      coco: { type: "boolean" },
      yolo: { type: "boolean" },
      output: { type: "string", short: "o" },
    },
  });
  if (values.output === undefined || values.coco === values.yolo) {
    throw new UsageError("Export takes one of --coco and --yolo, and -o OUT");
  }
  await checkOutputFolder(values.output);
  const write = values.coco ? exportCoco : exportYolo;
  const count = await write(oneFolder(positionals), values.output);
  console.log(`${count} samples written to ${values.output}`);
  return 0;
}
