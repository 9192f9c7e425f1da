/** Shares of the steps with full, falling and no grounding, which sum to 1. */
export type GroundingShares = readonly [
  full: number,
  falling: number,
  none: number,
];

/**
 * GLIGEN's strength of the grounding step by step: 1, then a line that begins below
 * 1 and ends at 0, then 0. A step without
 * grounding is one of the plain denoiser.
 */
export function groundingSchedule(
  steps: number,
  [full, falling]: GroundingShares,
): number[] {
  const on = Math.trunc(full * steps);
  const down = Math.trunc(falling * steps);
  return Array.from({ length: steps }, (_, i) => {
    if (i < on) return 1;
    return i < on + down ? 1 - (i - on + 1) / down : 0;
  });
}
