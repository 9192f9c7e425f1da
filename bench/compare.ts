import {
  type Contender,
  type Run,
  type RunningContender,
  startContender,
} from "./contender.ts";

/** Contenders that do the same work; the first is what the others are held against. */
export interface Comparison {
  readonly name: string;
  readonly summary: string;
  readonly contenders: readonly Contender[];
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
  const [first, ...others] = comparison.contenders;
  onProgress(first!.name);
  const base = await startContender(first!);
  if (warmUp) await base.run();
  const own: Run[] = [];
  const rows: Row[] = [];
  for (const other of others) {
    onProgress(other.name);
    const head = { bench: comparison.name, contender: other.name };
    try {
      const { pairs, running, peakBytes } = await alternate(
        base,
        other,
        { rounds, warmUp },
      );
      own.push(...pairs.map(([a]) => a));
      rows.push({
        ...head,
        ...summarise(pairs.map(([, b]) => b)),
        ratio: median(pairs.map(([a, b]) => b.seconds / a.seconds)),
        cpuRatio: cpuRatio(pairs),
        startSeconds: running.startSeconds,
        peakBytes,
      });
    } catch (error) {
      rows.push({ ...head, failure: (error as Error).message });
    }
  }
  if (own.length === 0) {
    for (let i = 0; i < rounds; i++) own.push(await base.run());
  }
  rows.unshift({
    bench: comparison.name,
    contender: first!.name,
    ...summarise(own),
    ratio: 1,
    startSeconds: base.startSeconds,
    peakBytes: await base.stop(),
  });
  return rows;
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

function quotient(a: number | undefined, b: number | undefined) {
  return a === undefined || b === undefined ? undefined : a / b;
}

async function alternate(
  base: RunningContender,
  other: Contender,
  { rounds, warmUp }: { rounds: number; warmUp: boolean },
) {
  const running = await startContender(other);
  const pairs: [Run, Run][] = [];
  if (warmUp) await running.run();
  for (let i = 0; i < rounds; i++) {
    pairs.push([await base.run(), await running.run()]);
  }
  return { pairs, running, peakBytes: await running.stop() };
}

function summarise(runs: readonly Run[]) {
  const seconds = runs.map((run) => run.seconds);
  const cpu = runs.flatMap(({ cpuSeconds }) => cpuSeconds ?? []);
  return {
    seconds: median(seconds),
    fastest: Math.min(...seconds),
    slowest: Math.max(...seconds),
    cpuSeconds: cpu.length > 0 ? median(cpu) : undefined,
  };
}

function cpuRatio(pairs: readonly (readonly [Run, Run])[]): number | undefined {
  const ratios = pairs.flatMap(([a, b]) =>
    a.cpuSeconds && b.cpuSeconds ? b.cpuSeconds / a.cpuSeconds : []
  );
  return ratios.length > 0 ? median(ratios) : undefined;
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
