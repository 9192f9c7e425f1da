import { root } from "../paths.ts";
import type { Report, ReportTable } from "../report.ts";
import {
  exchangeSeconds,
  fitExchange,
  stepSeconds,
  type TrainingConstants,
} from "../training_cost.ts";

/** What the cost model of training rests on, and how well it predicts. */
export const scaleReport: Report = {
  name: "training-scale",
  summary:
    "a pocket step on one and two ranks of one thread: measured, and as the cost model predicts it",
  named: true,
  run: ({ rounds = 8, onProgress }) => scale(rounds, onProgress),
};

const weights = 5_160_000;

/** Processor seconds of one rank: other work on the machine stretches the clock, not these. */
async function scale(
  rounds: number,
  onProgress: (text: string) => void,
): Promise<ReportTable> {
  onProgress("exchanges of two ranks");
  const counts = [16, 18, 20, 22, 24].map((power) => 2 ** power);
  const measured = await exchanges(counts);
  const exchange = fitExchange(measured);
  onProgress("steps of one rank");
  const seconds: Record<number, number> = {};
  for (const batch of [4, 8, 12, 16]) {
    seconds[batch] = await step(batch, rounds, 1);
  }
  // the two others are what the model has to say
  const sample = (seconds[12]! - seconds[4]!) / 8;
  const constants: TrainingConstants = {
    sample,
    update: seconds[4]! - 4 * sample,
    bytes: 4 * weights,
    ...exchange,
  };
  onProgress("steps of two ranks");
  const both = await step(8, rounds, 2);
  const plans = [
    { ranks: 1, batch: 8, found: seconds[8]! },
    { ranks: 1, batch: 16, found: seconds[16]! },
    { ranks: 2, batch: 16, found: both },
  ];
  const ms = (value: number) => `${(1000 * value).toFixed(0)} ms`;
  return {
    notes: [
      `A sample takes ${ms(sample)}, the rest of a step ${
        ms(constants.update)
      }; an exchange ${(1e3 * exchange.latency).toFixed(2)} ms and ${
        (exchange.bandwidth / 1e9).toFixed(2)
      } GB a second, so that ${(constants.bytes / 1e6).toFixed(1)} MB take ${
        ms(exchangeSeconds(constants, 2))
      }.`,
      `Measured exchanges: ${
        measured.map(({ bytes, seconds }) =>
          `${(bytes / 1e6).toFixed(1)} MB in ${(1e3 * seconds).toFixed(1)} ms`
        ).join(", ")
      }.`,
    ],
    head: ["ranks", "batch", "predicted", "measured", "ratio"],
    rows: plans.map(({ found, ...plan }) => {
      const predicted = stepSeconds(constants, plan);
      const ratio = (predicted / found).toFixed(2);
      return [plan.ranks, plan.batch, ms(predicted), ms(found), ratio]
        .map(String);
    }),
  };
}

async function exchanges(counts: readonly number[]) {
  const text = await output([
    ...["mpirun", "-n", "2", Deno.execPath(), "run", "-A"],
    ...["bench/workers/exchange.ts", ...counts.map(String)],
  ]);
  return JSON.parse(text) as { bytes: number; seconds: number }[];
}

/** Processor seconds of a step with `batch` samples a rank, the fastest of some. */
async function step(
  batch: number,
  rounds: number,
  ranks: number,
): Promise<number> {
  const own = [Deno.execPath(), "run", "-A", "bench/workers/rank_steps.ts"];
  const args = [String(batch), String(rounds)];
  const text = await output([
    ...(ranks > 1 ? ["mpirun", "-n", String(ranks)] : []),
    ...own,
    ...args,
  ]);
  return Number(text);
}

async function output([program, ...args]: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(program!, {
    args,
    cwd: root,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout).trim();
}
