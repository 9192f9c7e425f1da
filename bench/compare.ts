import {
  type Contender,
  type Run,
  type RunningContender,
  startContender,
} from "./contender.ts";
import {
  type KeptPairs,
  noPairs,
  type Pair,
  type ProcessCost,
} from "./kept_pairs.ts";
import { cpuRatio, median, quotient, summarise } from "./summarise.ts";

/** Contenders that do the same work; the first is what the others are held against. */
export interface Comparison {
  readonly name: string;
  readonly summary: string;
  readonly contenders: readonly Contender[];
  /** Contenders below them in the same table, held against the first of these. */
  readonly further?: readonly Contender[];
  /** Runs of each, after one that is not counted. @default {5} */
  readonly rounds?: number;
  /** Whether each runs once before it counts. @default {true} */
  readonly warmUp?: boolean;
  /**
   * Whether the first contender runs again beside each other one. Otherwise each runs alone, once
   * and for all, which long runs need.
   *
   * @default {true}
   */
  readonly inTurn?: boolean;
  /** Whether it runs only where it is named, since it takes much memory or time. @default {false} */
  readonly named?: boolean;
  /** Prepares files that the contenders read. */
  readonly prepare?: () => Promise<void>;
}

/** What was measured of one contender. */
export interface Row {
  readonly bench: string;
  readonly contender: string;
  /** Median over the rounds. */
  readonly seconds?: number;
  readonly fastest?: number;
  readonly slowest?: number;
  readonly cpuSeconds?: number;
  /** Median over the rounds of this contender's time over the first's, each pair run in turn. */
  readonly ratio?: number;
  /** Likewise of processor time. */
  readonly cpuRatio?: number;
  /** From the start of the process until it could run. */
  readonly startSeconds?: number;
  readonly peakBytes?: number;
  /** Why there are no numbers. */
  readonly failure?: string;
}

/** Options of {@linkcode compare}. */
export interface CompareOptions {
  /** Overrides the comparison's own number of rounds. */
  rounds?: number;
  /** Told what is about to be done. */
  onProgress?: (text: string) => void;
  /** Pairs that need not run again. @default {none} */
  kept?: KeptPairs;
}

/**
 * Runs the first contender and each other one in turn, A, B, A, B, …: whatever else the machine
 * does disturbs both alike. Never more than two are in memory.
 */
export async function compare(
  comparison: Comparison,
  options: CompareOptions = {},
): Promise<Row[]> {
  const { onProgress = () => {} } = options;
  const rounds = options.rounds ?? comparison.rounds ?? 5;
  const warmUp = comparison.warmUp ?? true;
  await comparison.prepare?.();
  if (comparison.inTurn === false) {
    return await compareAlone(comparison, { rounds, warmUp, onProgress });
  }
  const settings = {
    rounds,
    warmUp,
    onProgress,
    kept: options.kept ?? noPairs,
  };
  const rows: Row[] = [];
  for (const group of [comparison.contenders, comparison.further ?? []]) {
    if (group.length > 0) {
      rows.push(...await compareInTurn(comparison.name, group, settings));
    }
  }
  return rows;
}

interface TurnSettings {
  readonly rounds: number;
  readonly warmUp: boolean;
  readonly onProgress: (text: string) => void;
  readonly kept: KeptPairs;
}

/** The first contender and each other one in turn; the first starts once, when a pair is missing. */
async function compareInTurn(
  bench: string,
  [first, ...others]: readonly Contender[],
  settings: TurnSettings,
): Promise<Row[]> {
  const { kept, rounds, onProgress } = settings;
  const base = startOnce(first!, settings);
  const pairs: Pair[] = [];
  const rows: Row[] = [];
  for (const other of others) {
    try {
      let pair = kept.get(bench, first!.name, other.name);
      if (!pair || pair.runs.length < rounds) {
        const running = await base.get();
        onProgress(other.name);
        const keep = (so: Pair) => kept.add(bench, first!.name, other.name, so);
        pair = await alternate(running, other, { ...settings, pair, keep });
      }
      pairs.push(pair);
      rows.push(pairRow({ bench, contender: other.name }, pair));
    } catch (error) {
      const failure = (error as Error).message;
      rows.push({ bench, contender: other.name, failure });
    }
  }
  const own = pairs.flatMap(({ runs }) => runs.map(([a]) => a));
  for (let i = 0; pairs.length === 0 && i < rounds; i++) {
    own.push(await (await base.get()).run());
  }
  const { costs: [cost] = [{}] } = pairs[0] ?? {};
  const ended = await base.stop();
  const head = { bench, contender: first!.name };
  return [{ ...head, ...summarise(own), ratio: 1, ...cost, ...ended }, ...rows];
}

/** A contender that starts when it is first needed. */
function startOnce(
  contender: Contender,
  { warmUp, onProgress }: TurnSettings,
) {
  let started: Promise<RunningContender> | undefined;
  const start = async () => {
    onProgress(contender.name);
    const running = await startContender(contender);
    if (warmUp) await running.run();
    return running;
  };
  return {
    get: () => started ??= start(),
    async stop() {
      const running = await started;
      return running && {
        startSeconds: running.startSeconds,
        peakBytes: await running.stop(),
      };
    },
  };
}

function pairRow(
  head: Pick<Row, "bench" | "contender">,
  { runs, costs }: Pair,
): Row {
  return {
    ...head,
    ...summarise(runs.map(([, b]) => b)),
    ratio: median(runs.map(([a, b]) => b.seconds / a.seconds)),
    cpuRatio: cpuRatio(runs),
    ...costs[1],
  };
}

/** Each contender alone, one after the other; ratios are those of the medians. */
async function compareAlone(
  { name, contenders }: Comparison,
  { rounds, warmUp, onProgress }: {
    rounds: number;
    warmUp: boolean;
    onProgress: (text: string) => void;
  },
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const contender of contenders) {
    onProgress(contender.name);
    const head = { bench: name, contender: contender.name };
    try {
      const running = await startContender(contender);
      if (warmUp) await running.run();
      const runs: Run[] = [];
      for (let i = 0; i < rounds; i++) runs.push(await running.run());
      const own = summarise(runs);
      const first = rows[0] ?? own;
      rows.push({
        ...head,
        ...own,
        ratio: quotient(own.seconds, first.seconds),
        cpuRatio: quotient(own.cpuSeconds, first.cpuSeconds),
        startSeconds: running.startSeconds,
        peakBytes: await running.stop(),
      });
    } catch (error) {
      rows.push({ ...head, failure: (error as Error).message });
    }
  }
  return rows;
}

/** Runs both in turn until there are as many rounds as wanted; each round is kept. */
async function alternate(
  base: RunningContender,
  other: Contender,
  { rounds, warmUp, pair, keep }: TurnSettings & {
    /** Rounds of an earlier bench. */
    pair: Pair | undefined;
    keep: (pair: Pair) => Promise<void>;
  },
): Promise<Pair> {
  const running = await startContender(other);
  if (warmUp) await running.run();
  let so: Pair = pair ?? { runs: [], costs: [{}, {}] };
  while (so.runs.length < rounds) {
    const runs = [...so.runs, [await base.run(), await running.run()] as const];
    so = { runs, costs: [await costOf(base), await costOf(running)] };
    await keep(so);
  }
  await running.stop();
  return so;
}

async function costOf(running: RunningContender): Promise<ProcessCost> {
  const { startSeconds } = running;
  return { startSeconds, peakBytes: await running.peak() };
}
