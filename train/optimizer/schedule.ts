/** How the learning rate changes over a run. */
export interface Schedule {
  /** Shape after the warm-up. @default {"constant"} */
  readonly kind?: "constant" | "cosine";
  /** Steps over which the rate rises linearly from nothing. @default {0} */
  readonly warmup?: number;
  /** Final value of the cosine, as a fraction of the full rate. @default {0} */
  readonly floor?: number;
}

/**
 * Factor of the learning rate at `step` (0 is the first) of `steps`.
 *
 * The cosine is that of Loshchilov and Hutter 2017 without restarts; the first step of a warm-up
 * has the factor 1 / `warmup`.
 */
export function scheduleFactor(
  step: number,
  steps: number,
  schedule: Schedule = {},
): number {
  const { kind = "constant", warmup = 0, floor = 0 } = schedule;
  if (step < warmup) return (step + 1) / warmup;
  if (kind === "constant") return 1;
  const done = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * done));
}
