import type { Run } from "./contender.ts";

/** Median, fastest and slowest of runs. */
export function summarise(runs: readonly Run[]) {
  const seconds = runs.map((run) => run.seconds);
  const cpu = runs.flatMap(({ cpuSeconds }) => cpuSeconds ?? []);
  return {
    seconds: median(seconds),
    fastest: Math.min(...seconds),
    slowest: Math.max(...seconds),
    cpuSeconds: cpu.length > 0 ? median(cpu) : undefined,
  };
}

/** Median ratio of processor time, of the pairs that measured it. */
export function cpuRatio(
  pairs: readonly (readonly [Run, Run])[],
): number | undefined {
  const ratios = pairs.flatMap(([a, b]) =>
    a.cpuSeconds && b.cpuSeconds ? b.cpuSeconds / a.cpuSeconds : []
  );
  return ratios.length > 0 ? median(ratios) : undefined;
}

/** `a / b`, where both were measured. */
export function quotient(a: number | undefined, b: number | undefined) {
  return a === undefined || b === undefined ? undefined : a / b;
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
