import { prepareUnet } from "../large_models.ts";
import type { Report, ReportTable } from "../report.ts";
import {
  exchangeSeconds,
  fitExchange,
  stepSeconds,
  type TrainingConstants,
} from "../training_cost.ts";
import { workerOutput } from "./worker_output.ts";

/** A training whose step is measured and predicted. */
interface Case {
  readonly model: "pocket" | "adapter";
  /** Trained weights. */
  readonly weights: number;
  readonly rounds: number;
  /** Samples of a rank. The first and the third give the constants, the others are predicted. */
  readonly batches: readonly number[];
  /** Samples of each of two ranks. */
  readonly shared: number;
}

const pocket: Case = {
  ...{ model: "pocket", weights: 5_160_000, rounds: 8 },
  ...{ batches: [4, 8, 12, 16], shared: 8 },
};

const adapter: Case = {
  ...{ model: "adapter", weights: 55_720_704, rounds: 2 },
  ...{ batches: [1, 2, 3], shared: 1 },
};

/** What the cost model of training rests on, and how well it predicts. */
export const scaleReports: readonly Report[] = [
  {
    name: "training-scale",
    summary:
      "a pocket step on one and two ranks of one thread: measured, and as the cost model predicts it",
    named: true,
    run: (options) => scale(pocket, options),
  },
  {
    name: "training-scale-large",
    summary:
      "the same of LocRef's adapter on a frozen UNet of SD 1.5's size, 256²",
    named: true,
    prepare: prepareUnet,
    run: (options) => scale(adapter, options),
  },
];

interface Measured {
  readonly step: number;
  readonly exchange: number;
}

/** Processor seconds of one rank: other work on the machine stretches the clock, not these. */
async function scale(
  one: Case,
  { rounds = one.rounds, onProgress }: {
    readonly rounds?: number;
    readonly onProgress: (text: string) => void;
  },
): Promise<ReportTable> {
  const step = async (batch: number, ranks: number): Promise<Measured> => {
    onProgress(`steps of ${batch} on ${ranks === 1 ? "1 rank" : "2 ranks"}`);
    const args = [one.model, batch, rounds];
    return JSON.parse(await workerOutput("rank_steps", args, { ranks }));
  };
  onProgress("exchanges of two ranks");
  const exchanges = await measureExchanges();
  const seconds = new Map<number, number>();
  for (const batch of one.batches) {
    seconds.set(batch, (await step(batch, 1)).step);
  }
  const constants = constantsOf(one, seconds, fitExchange(exchanges));
  const both = await step(one.shared, 2);
  const plans = [
    ...one.batches.filter((_, i) => i % 2 === 1)
      .map((batch) => ({ ranks: 1, batch, found: seconds.get(batch)! })),
    { ranks: 2, batch: 2 * one.shared, found: both.step },
  ];
  return {
    notes: notesOf(constants, exchanges, both),
    head: ["ranks", "batch", "predicted", "measured", "ratio"],
    rows: plans.map(({ found, ...plan }) => {
      const predicted = stepSeconds(constants, plan);
      const ratio = (predicted / found).toFixed(2);
      return [plan.ranks, plan.batch, ms(predicted), ms(found), ratio]
        .map(String);
    }),
  };
}

function constantsOf(
  { batches, weights }: Case,
  seconds: ReadonlyMap<number, number>,
  exchange: Pick<TrainingConstants, "latency" | "bandwidth">,
): TrainingConstants {
  const few = batches[0]!, many = batches[2]!;
  const sample = (seconds.get(many)! - seconds.get(few)!) / (many - few);
  const update = seconds.get(few)! - few * sample;
  return { sample, update, bytes: 4 * weights, ...exchange };
}

type Exchanges = readonly {
  readonly bytes: number;
  readonly seconds: number;
}[];

async function measureExchanges(): Promise<Exchanges> {
  const counts = [16, 18, 20, 22, 24].map((power) => 2 ** power);
  return JSON.parse(await workerOutput("exchange", counts, { ranks: 2 }));
}

function notesOf(
  constants: TrainingConstants,
  exchanges: Exchanges,
  both: Measured,
): string[] {
  const { sample, update, bytes, latency, bandwidth } = constants;
  const size = (count: number) => `${(count / 1e6).toFixed(1)} MB`;
  return [
    `A sample takes ${ms(sample)}, the rest of a step ${
      ms(update)
    }; an exchange ${(1e3 * latency).toFixed(2)} ms and ${
      (bandwidth / 1e9).toFixed(2)
    } GB a second, so that ${size(bytes)} take ${
      ms(exchangeSeconds(constants, 2))
    }.`,
    `In the step of two ranks they take ${ms(both.exchange)}, ${
      (100 * both.exchange / both.step).toFixed(1)
    } % of it.`,
    `Measured exchanges: ${
      exchanges.map(({ bytes, seconds }) =>
        `${size(bytes)} in ${(1e3 * seconds).toFixed(1)} ms`
      ).join(", ")
    }.`,
  ];
}

function ms(seconds: number): string {
  return `${(1000 * seconds).toFixed(0)} ms`;
}
