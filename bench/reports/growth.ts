import { stableDiffusion15 } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { locrefGraph } from "../../lib/adapters/locref/locref_graph.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { flopsOf } from "../arithmetic.ts";
import type { Contender } from "../contender.ts";
import { type Contenders, contenders } from "../contenders.ts";
import { prepareUnet } from "../large_models.ts";
import { type Alone, measureAlone } from "../measure_alone.ts";
import type { Report, ReportOptions, ReportTable } from "../report.ts";

/** One point on an axis. */
interface Point {
  readonly label: string;
  /** The model's own arithmetic, in any unit that is the same along the axis. */
  readonly work: number;
  readonly ours: Contender;
  readonly peer?: Contender;
}

/** An axis along which the work grows. */
interface Axis {
  readonly name: string;
  readonly summary: string;
  readonly large: boolean;
  readonly rounds: number;
  /** What the arithmetic is counted in. */
  readonly unit: string;
  points(contenders: Contenders): readonly Point[];
}

const axes: readonly Axis[] = [
  {
    name: "growth-size",
    summary: "a UNet step of SD 1.5's size, batch 1, by resolution",
    large: true,
    rounds: 1,
    unit: "GFLOP",
    points: ({ ours, peer }) =>
      [256, 512, 768, 1024].map((pixels) => {
        const side = String(pixels / 8);
        const args = ["--batch", "1", "--side", side];
        return {
          label: `${pixels}×${pixels}`,
          work: unetFlops({ side: pixels / 8, batch: 1 }),
          ours: ours("locref", "unet", ...args),
          peer: peer("torch eager", "unet", ...args, "--channels-last"),
        };
      }),
  },
  {
    name: "growth-batch",
    summary: "a UNet step of SD 1.5's size, 256×256, by batch",
    large: true,
    rounds: 2,
    unit: "GFLOP",
    points: ({ ours, peer }) =>
      [1, 2, 4, 8].map((batch) => {
        const args = ["--batch", String(batch), "--side", "32"];
        return {
          label: String(batch),
          work: unetFlops({ side: 32, batch }),
          ours: ours("locref", "unet", ...args),
          peer: peer("torch eager", "unet", ...args, "--channels-last"),
        };
      }),
  },
  {
    name: "growth-instances",
    summary: "a UNet step of SD 1.5's size, 256×256, batch 2, by instances",
    large: true,
    rounds: 2,
    unit: "GFLOP",
    points: ({ ours, peer }) =>
      [1, 2, 4, 8, 16, 32].map((instances) => {
        const args = ["--side", "32", "--instances", String(instances)];
        return {
          label: String(instances),
          work: unetFlops({ side: 32, batch: 2, instances }),
          ours: ours("locref", "unet", ...args),
          peer: peer("diffusers, masked IP-Adapter", "unet_ip", ...args),
        };
      }),
  },
  {
    name: "growth-steps",
    summary: "a pocket picture under guidance, two references, by steps",
    large: false,
    rounds: 3,
    unit: "steps",
    points: ({ ours, peer }) =>
      [10, 25, 50, 100].map((steps) => {
        const args = ["--steps", String(steps)];
        return {
          label: String(steps),
          work: steps,
          ours: ours("locref", "pocket", ...args),
          peer: peer("diffusers, the base alone", "pocket", ...args),
        };
      }),
  },
];

/** How time and memory grow, beside the model's own arithmetic. */
export const growthReports: readonly Report[] = axes.map((axis) => ({
  name: axis.name,
  summary: axis.summary,
  prepare: axis.large ? prepareUnet : undefined,
  run: (options) => grow(axis, options),
}));

async function grow(axis: Axis, options: ReportOptions): Promise<ReportTable> {
  const rounds = options.rounds ?? axis.rounds;
  const points = axis.points(contenders(options));
  const rows: string[][] = [];
  let first: { work: number; ours: Alone; peer?: Alone } | undefined;
  for (const { label, work, ...who } of points) {
    options.onProgress(label);
    const ours = await measureAlone(who.ours, rounds);
    const peer = options.peers && who.peer
      ? await measureAlone(who.peer, rounds)
      : undefined;
    first ??= { work, ours, peer };
    rows.push([
      label,
      axis.unit === "GFLOP" ? (work / 1e9).toFixed(0) : String(work),
      (work / first.work).toFixed(2),
      ...cells(ours, first.ours),
      ...options.peers ? cells(peer, first.peer) : [],
    ]);
  }
  const peer = points[0]!.peer?.name;
  return {
    head: [
      ...["", axis.unit, "× first"],
      ...["locref", "× first", "peak"],
      ...options.peers ? [peer ?? "–", "× first", "peak"] : [],
    ],
    rows,
  };
}

function cells(one: Alone | undefined, first: Alone | undefined): string[] {
  if (one === undefined) return ["–", "–", "–"];
  const { seconds, peakBytes } = one;
  return [
    `${seconds.toFixed(2)} s`,
    first === undefined ? "–" : (seconds / first.seconds).toFixed(2),
    peakBytes === undefined ? "–" : `${(peakBytes / 1e9).toFixed(2)} GB`,
  ];
}

function unetFlops(
  { side, batch, instances }: {
    side: number;
    batch: number;
    instances?: number;
  },
): number {
  const program = unetProgram(stableDiffusion15, {
    size: { height: side, width: side },
    adapters: instances === undefined ? [] : [locrefGraph()],
  });
  return flopsOf(program, {
    batch,
    text_tokens: 77,
    ci_tokens: 16,
    ri_tokens: 16,
    instances: instances ?? 1,
  });
}
