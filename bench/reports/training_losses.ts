import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pocketFolder } from "../../lib/pipeline/load/pocket_folder.ts";
import { readLog } from "../../train/log/training_log.ts";
import { parseConfig } from "../../train/loop/config.ts";
import type { TrainingBackendName } from "../../train/loop/training_config.ts";
import type { HostWeights } from "../../train/loop/host_weights.ts";
import { loadStage, runStage } from "../../train/loop/run_stage.ts";
import type { Report, ReportOptions, ReportTable } from "../report.ts";

/** Whether two backends that train from one seed have the same losses. */
export const lossesReports: readonly Report[] = [
  {
    name: "training-losses",
    named: true,
    summary:
      "losses of 1,000 pocket steps from one seed on onnx and tensorflow, and what one rounding of the weights changes; --rounds N takes N steps, --against webgpu that backend beside onnx",
    run: (options) => compareLosses({ ...options, epsilon: 1e-8 }),
  },
  {
    name: "training-losses-epsilon",
    named: true,
    summary:
      "the same with AdamW's ε at 1e-6, under which gradients of the size of roundings move no weight",
    run: (options) => compareLosses({ ...options, epsilon: 1e-6 }),
  },
];

/** A run of the comparison: its backend, and whether its first weights are moved by one rounding. */
interface Run {
  readonly name: string;
  readonly backend: TrainingBackendName;
  readonly moved?: boolean;
  /** Whether it only runs where it is named. @default {false} */
  readonly named?: boolean;
}

const runs: readonly Run[] = [
  { name: "onnx", backend: "onnx" },
  { name: "tensorflow", backend: "tensorflow" },
  { name: "onnx, weights moved by a rounding", backend: "onnx", moved: true },
  ...(["onnx-webgpu", "webgpu"] as const).map((backend) => (
    { name: backend, backend, named: true }
  )),
];

/** The first run, and those whose names are given. */
function chosen(against: readonly string[] | undefined): readonly Run[] {
  return runs.filter(({ name, named = false }, i) =>
    i === 0 || (against?.includes(name) ?? !named)
  );
}

/** Steps within which losses of one seed are compared one by one; later ones as a mean. */
const most = 200, last = 100;

/** Steps from one loss that is printed to the next. */
const spacing = 10;

async function compareLosses(
  { rounds: steps = 1000, against, epsilon, onProgress }: ReportOptions & {
    readonly epsilon: number;
  },
): Promise<ReportTable> {
  const runs = chosen(against);
  const first = Math.min(most, steps);
  const losses: number[][] = [];
  for (const run of runs) {
    onProgress(run.name);
    losses.push(await lossesOf(run, { steps, epsilon }));
  }
  const [own] = losses;
  return {
    notes: [
      `${steps} steps of 4 pictures of 64 pixels, every weight of UNet, adapter and text encoder trained from a fresh start.`,
      "A run of moved weights is the first one again, each weight moved up or down by one part in 2^23: what any two orders of summation may differ by.",
    ],
    head: [
      "run",
      "first loss",
      `loss ${first}`,
      `mean of the last ${Math.min(last, steps)}`,
      `most apart from the first run within ${first} steps`,
      "mean apart",
    ],
    rows: losses.map((these, i) => [
      runs[i]!.name,
      these[0]!.toFixed(5),
      these[first - 1]!.toFixed(5),
      meanOfLast(these).toFixed(5),
      i === 0 ? "" : Math.max(...apart(these, own!)).toExponential(1),
      i === 0
        ? ""
        : `${
          (100 * Math.abs(meanOfLast(these) / meanOfLast(own!) - 1)).toFixed(2)
        } %`,
    ]),
    below: {
      head: ["loss of step", ...runs.map(({ name }) => name)],
      rows: Array.from({ length: Math.floor(steps / spacing) }, (_, i) => {
        const step = (i + 1) * spacing;
        return [String(step), ...losses.map((l) => l[step - 1]!.toFixed(5))];
      }),
    },
  };
}

/** Relative differences of the first losses, step by step. */
function apart(these: readonly number[], own: readonly number[]): number[] {
  return these.slice(0, most)
    .map((loss, i) => Math.abs(loss - own[i]!) / own[i]!);
}

function meanOfLast(losses: readonly number[]): number {
  const those = losses.slice(-last);
  return those.reduce((sum, loss) => sum + loss, 0) / those.length;
}

/** Weights moved up and down in turn by one part in 2^23, about one rounding of float32. */
function moved(weights: HostWeights): HostWeights {
  return new Map(
    [...weights].map(([name, { data, ...weight }]) => [
      name,
      {
        ...weight,
        data: data.map((value, i) => value * (1 + (i % 2 ? 1 : -1) * 2 ** -23)),
      },
    ]),
  );
}

/** The loss of every step of a run that is thrown away. */
async function lossesOf(
  { backend, moved: isMoved }: Run,
  { steps, epsilon }: { readonly steps: number; readonly epsilon: number },
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
        ...{ learningRate: 1e-3, clip: 1, epsilon },
        schedule: { kind: "constant", warmup: 100 },
      },
    }, "the bench");
    const open: typeof stage.open = async (config, context) => {
      // without `finish`, which would write the trained model over the shipped one
      const { finish: _, ...opened } = await stage.open(config, context);
      return isMoved
        ? { ...opened, trainable: moved(opened.trainable) }
        : opened;
    };
    await runStage({ ...stage, open }, config);
    return (await readLog(out)).map(({ loss }) => loss!);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
