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
  /** Layers of Layout-net that are trained. */
  readonly layers: number;
  /** Side of the pictures. */
  readonly side: number;
  readonly batch: number;
}

const sd15: Pick<Case, "title" | "unet" | "precision" | "layers"> = {
  ...{ title: "SD 1.5", unet: "sd15", precision: "float32", layers: 16 },
};
const sdxl: Omit<typeof sd15, "layers"> = {
  ...{ title: "SDXL", unet: "sdxl", precision: "half" },
};

/** The first three give the constants, the others are predicted. */
const cases: readonly Case[] = [
  { ...sd15, side: 256, batch: 1 },
  { ...sd15, side: 512, batch: 1 },
  { ...sd15, side: 256, batch: 2 },
  { ...sdxl, layers: 10, side: 256, batch: 1 },
  { ...sdxl, layers: 20, side: 256, batch: 1 },
  { ...sdxl, layers: 70, side: 256, batch: 1 },
];

const tinyCases: readonly Case[] = cases.map((one) => ({
  ...{ title: "SDXL, tiny", unet: "sdxl-tiny", precision: "half" },
  ...{ layers: Math.min(one.layers, 2), side: one.side / 2, batch: one.batch },
}));

/** Memory of a training step by the size of the base, and as the cost model predicts it. */
export const memoryReport: Report = {
  name: "training-memory",
  summary:
    "memory and time of a training step of LocRef's adapter on frozen UNets of the sizes of SD 1.5 and SDXL (8 to 21 GB of memory, 9 GB on disk), inner values computed again; --against SDXL takes lines with that text alone",
  named: true,
  run: ({ tiny = false, against, ...options }) => {
    const wanted = (one: Case) =>
      against?.some((text) => titleOf(one).includes(text)) ?? true;
    return measureAll((tiny ? tinyCases : cases).filter(wanted), options);
  },
};

function titleOf({ title, layers, side, batch }: Case): string {
  return `${title}, ${layers} layers, ${side}², batch ${batch}`;
}

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
    onProgress(titleOf(one));
    const found = await measure(one, threads);
    onProgress(JSON.stringify(found));
    measured.push({ ...one, ...found });
  }
  const [first, second, third] = measured;
  const constants = first && second && third &&
    fitMemory([first, second, third]);
  return {
    notes: [
      "In GB, by the kernel's records. Memory of no file is weights, gradients, moments and inner values; the frozen weights' file is read where it lies, and leaves memory where that is short. The first three lines give the constants of the prediction.",
    ],
    head: [
      ...["step", "trained weights", "predicted"],
      ...["memory of no file", "ratio", "frozen weights' file"],
      ...["second step", "of the processor"],
    ],
    rows: measured.map((one) => {
      const predicted = constants && stepBytes(constants, one);
      return [
        titleOf(one),
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
  { unet, precision, side, batch, layers }: Case,
  threads: number,
): Promise<Found> {
  const numbers = [side / 8, batch, layers, threads].map(String);
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
