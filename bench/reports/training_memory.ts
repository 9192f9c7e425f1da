import { watchProcess } from "../process_usage.ts";
import { root } from "../paths.ts";
import type { Report, ReportTable } from "../report.ts";
import { fitMemory, stepBytes } from "../training_cost.ts";
import type { FrozenSize } from "../workers/adapter_step.ts";

/** A training step whose memory is measured. */
interface Case {
  readonly title: string;
  readonly unet: FrozenSize;
  readonly precision: "float32" | "half";
  /** Side of the pictures. */
  readonly side: number;
  readonly batch: number;
}

const sd15 = { title: "SD 1.5", unet: "sd15", precision: "float32" } as const;
const sdxl = { title: "SDXL", unet: "sdxl", precision: "half" } as const;
const tiny = { title: "SDXL, tiny", unet: "sdxl-tiny", precision: "half" };

/** The first two give the constants, the others are predicted. */
const cases: readonly Case[] = [
  { ...sd15, side: 256, batch: 1 },
  { ...sd15, side: 512, batch: 1 },
  { ...sd15, side: 256, batch: 2 },
  { ...sdxl, side: 256, batch: 1 },
];

const tinyCases = [[128, 1], [256, 1], [128, 2], [128, 1]].map((
  [side, batch],
) => ({ ...tiny, side, batch } as Case));

/** Memory of a training step by the size of the base, and as the cost model predicts it. */
export const memoryReport: Report = {
  name: "training-memory",
  summary:
    "memory and time of a training step of LocRef's adapter on frozen UNets of the sizes of SD 1.5 and SDXL (16 GB, 5 GB on disk), inner values computed again; --against SDXL takes those lines alone",
  named: true,
  run: ({ tiny = false, against, ...options }) => {
    const wanted = ({ title }: Case) =>
      against?.some((text) => title.includes(text)) ?? true;
    return measureAll((tiny ? tinyCases : cases).filter(wanted), options);
  },
};

interface Found {
  readonly trained: number;
  readonly frozen: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The most memory of no file. */
  readonly own: number;
}

async function measureAll(
  all: readonly Case[],
  { threads, onProgress }: {
    readonly threads: number;
    readonly onProgress: (text: string) => void;
  },
): Promise<ReportTable> {
  const measured: (Case & Found)[] = [];
  for (const one of all) {
    onProgress(`${one.title}, ${one.side}², batch ${one.batch}`);
    measured.push({ ...one, ...await measure(one, threads) });
  }
  const [first, second] = measured;
  const constants = first && second && fitMemory([first, second]);
  return {
    notes: [
      "In GB, by the kernel's records. Memory of no file is weights, gradients, moments and inner values; the frozen weights' file is read where it lies, and leaves memory where that is short. The first two lines give the constants of the prediction.",
    ],
    head: [
      ...["base", "pixels", "batch", "trained weights", "predicted"],
      ...["memory of no file", "ratio", "frozen weights' file"],
      ...["second step", "of the processor"],
    ],
    rows: measured.map((one) => {
      const predicted = constants && stepBytes(constants, one);
      return [
        ...[one.title, `${one.side}²`, String(one.batch)],
        `${(one.trained / 1e6).toFixed(0)} M`,
        predicted ? gigabytes(predicted) : "",
        gigabytes(one.own),
        predicted ? (predicted / one.own).toFixed(2) : "",
        gigabytes(one.frozen),
        ...[one.seconds, one.cpuSeconds].map((s) => `${s.toFixed(1)} s`),
      ];
    }),
  };
}

async function measure(
  { unet, precision, side, batch }: Case,
  threads: number,
): Promise<Found> {
  const numbers = [side / 8, batch, threads].map(String);
  const worker = ["run", "-A", "--no-check", "bench/workers/step_memory.ts"];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...worker, unet, precision, ...numbers],
    ...{ cwd: root, stdout: "piped", stderr: "inherit" },
  }).spawn();
  const watch = watchProcess(child.pid);
  const { success, stdout } = await child.output();
  const own = watch.end()?.ownPeakBytes;
  if (!success || own === undefined) {
    throw new Error(`The step on ${unet} ended without a result`);
  }
  return { ...JSON.parse(new TextDecoder().decode(stdout)), own };
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(2);
}
