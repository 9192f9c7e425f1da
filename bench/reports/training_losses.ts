import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pocketFolder } from "../../lib/pipeline/load/pocket_folder.ts";
import { readLog } from "../../train/log/training_log.ts";
import { parseConfig } from "../../train/loop/config.ts";
import { loadStage, runStage } from "../../train/loop/run_stage.ts";
import type { Report, ReportTable } from "../report.ts";

/** Whether two backends that train from one seed have the same losses. */
export const lossesReport: Report = {
  name: "training-losses",
  named: true,
  summary:
    "losses of 1,000 pocket steps from one seed on onnx and tensorflow; --rounds N takes N steps",
  run: ({ rounds = 1000 }) => compareLosses(rounds),
};

const backends = ["onnx", "tensorflow"] as const;

/** Steps within which losses of one seed are compared one by one; later ones as a mean. */
const first = 200, last = 100;

async function compareLosses(steps: number): Promise<ReportTable> {
  const [own, other] = [
    await lossesOn(backends[0], steps),
    await lossesOn(backends[1], steps),
  ];
  const apart = own!.slice(0, first)
    .map((loss, i) => Math.abs(loss - other![i]!) / other![i]!);
  const means = [own!, other!].map((losses) =>
    losses.slice(-last).reduce((sum, loss) => sum + loss, 0) /
    Math.min(last, losses.length)
  );
  return {
    notes: [
      `${steps} steps of 4 pictures of 64 pixels, every weight of UNet, adapter and text encoder trained from a fresh start.`,
      `Of the first ${apart.length} losses the most different two are ${
        Math.max(...apart).toExponential(1)
      } of each other apart.`,
      `The means of the last ${last} differ by ${
        (100 * Math.abs(means[0]! / means[1]! - 1)).toFixed(2)
      } %.`,
    ],
    head: [
      "backend",
      "first loss",
      `loss ${first}`,
      `mean of the last ${last}`,
    ],
    rows: [own!, other!].map((losses, i) => [
      backends[i]!,
      losses[0]!.toFixed(5),
      (losses[first - 1] ?? Number.NaN).toFixed(5),
      means[i]!.toFixed(5),
    ]),
  };
}

/** The loss of every step of a run that is thrown away. */
async function lossesOn(
  backend: (typeof backends)[number],
  steps: number,
): Promise<number[]> {
  const out = await mkdtemp(join(tmpdir(), "locref-losses-"));
  try {
    const stage = await loadStage("pocket-unet", "the bench");
    const config = parseConfig(stage.schema, {
      ...{ stage: "pocket-unet", name: backend, backend, out, steps },
      ...{ model: await pocketFolder(), seed: 1, batch: 4 },
      ...{ cachedScenes: 256, cache: join(tmpdir(), "locref-losses-cache") },
      ...{ logEvery: 1, sampleEvery: null, checkpoint: { every: steps } },
      optimizer: {
        ...{ learningRate: 1e-3, clip: 1 },
        schedule: { kind: "constant", warmup: 100 },
      },
    }, "the bench");
    const open: typeof stage.open = async (config, context) => {
      // without `finish`, which would write the trained model over the shipped one
      const { finish: _, ...opened } = await stage.open(config, context);
      return opened;
    };
    await runStage({ ...stage, open }, config);
    return (await readLog(out)).map(({ loss }) => loss!);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
