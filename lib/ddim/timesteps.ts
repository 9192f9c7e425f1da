import type { NoiseSchedule } from "./noise_schedule.ts";
import { linspace } from "./noise_schedule.ts";

/**
 * The training timesteps that `steps` steps of inference visit, falling (Lin et al. 2023, Table 2).
 *
 * @throws {RangeError} unless `steps` is a whole number from 1 to the number of training timesteps.
 */
export function inferenceTimesteps(
  schedule: NoiseSchedule,
  steps: number,
): number[] {
  const train = schedule.alphasCumprod.length;
  checkSteps(steps, train);
  switch (schedule.timestepSpacing) {
    case "leading": {
      const ratio = Math.floor(train / steps);
      return Array.from(
        { length: steps },
        (_, i) =>
          Math.min((steps - 1 - i) * ratio + schedule.stepsOffset, train - 1),
      );
    }
    case "trailing":
      return Array.from(
        { length: steps },
        (_, i) => roundHalfEven(train - i * train / steps) - 1,
      );
    case "linspace":
      return [...linspace(0, train - 1, Math.max(2, steps))].slice(-steps).map(
        roundHalfEven,
      )
        .toReversed();
  }
}

/** Throws a `RangeError` unless `steps` is a number of steps that a schedule can be run in. */
export function checkSteps(steps: number, train: number): void {
  if (!Number.isInteger(steps) || steps < 1 || steps > train) {
    throw new RangeError(
      `Number of steps is ${steps}: it must be a whole number from 1 to ${train}`,
    );
  }
}

/** Rounds as numpy does, halves to the even neighbour, which schedulers rely on. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
