import { quote } from "../core/quote.ts";
import type { NoiseSchedule, TimestepSpacing } from "./noise_schedule.ts";
import { roundHalfEven } from "../core/round_half_even.ts";

/**
 * The training timesteps that `steps` steps of inference visit, falling (Lin et al. 2023, Table 2).
 *
 * @param own Spacing of the sampler, where the model's config names none.
 * @param twice Whether the last timestep may come twice, which is a step of no width. Samplers that
 * divide by widths cannot have it.
 * @throws {RangeError} unless `steps` is a whole number from 1 to the number of training timesteps.
 */
export function inferenceTimesteps(
  schedule: NoiseSchedule,
  steps: number,
  own: TimestepSpacing = "leading",
  twice = false,
): number[] {
  const train = schedule.alphasCumprod.length;
  checkSteps(steps, train);
  switch (schedule.timestepSpacing ?? own) {
    case "leading":
      return leadingTimesteps(schedule, Math.floor(train / steps), {
        from: steps - 1,
        to: 0,
        twice,
      });
    case "trailing":
      return trailingTimesteps(train, steps);
    case "linspace":
      return fallingTimesteps(train, steps).map(roundHalfEven);
  }
}

/** Like {@linkcode inferenceTimesteps}, but leading and linspace leave the last timestep to the solver. */
export function solverTimesteps(
  schedule: NoiseSchedule,
  steps: number,
): number[] {
  const train = schedule.alphasCumprod.length;
  checkSteps(steps, train - 1);
  switch (schedule.timestepSpacing ?? "linspace") {
    case "trailing":
      return trailingTimesteps(train, steps);
    case "linspace":
      return fallingTimesteps(train, steps + 1).slice(0, -1).map(roundHalfEven);
    case "leading": {
      const ratio = Math.floor(train / (steps + 1));
      return leadingTimesteps(schedule, ratio, { from: steps, to: 1 });
    }
  }
}

/**
 * Multiples of `ratio`, from the `from`-th down to the `to`-th, with the schedule's offset. Where it
 * leads one beyond the last timestep, as 1 does in 1,000 steps, no model was trained there: the last
 * one comes twice if it may, else the offset is one less.
 */
function leadingTimesteps(
  { alphasCumprod, stepsOffset }: NoiseSchedule,
  ratio: number,
  { from, to, twice = false }: { from: number; to: number; twice?: boolean },
): number[] {
  const last = alphasCumprod.length - 1;
  const beyond = from * ratio + stepsOffset - last;
  if (beyond > 1) {
    throw new RangeError(
      `Key steps_offset of the model's scheduler config is ${stepsOffset}: in ${
        from - to + 1
      } steps it leads beyond the last timestep, ${last}`,
    );
  }
  const offset = twice ? stepsOffset : stepsOffset - Math.max(0, beyond);
  return Array.from(
    { length: from - to + 1 },
    (_, i) => Math.min((from - i) * ratio + offset, last),
  );
}

/** As numpy counts down: its steps are differences that were rounded once, and halves show it. */
function trailingTimesteps(train: number, steps: number): number[] {
  const stride = train - train / steps - train;
  return Array.from(
    { length: steps },
    (_, i) => roundHalfEven(train + i * stride) - 1,
  );
}

/**
 * `steps` evenly spaced numbers from the last timestep down to 0, as numpy makes them. A single one
 * is 0, as in diffusers.
 */
export function fallingTimesteps(train: number, steps: number): number[] {
  const last = train - 1;
  if (steps === 1) return [0];
  const stride = last / (steps - 1);
  return Array.from(
    { length: steps },
    (_, i) => i === 0 ? last : (steps - 1 - i) * stride,
  );
}

/** Throws a `RangeError` unless `steps` is a number of steps that a schedule can be run in. */
export function checkSteps(steps: number, train: number): void {
  if (!Number.isInteger(steps) || steps < 1 || steps > train) {
    throw new RangeError(
      `Number of steps is ${
        quote(steps)
      }: it must be a whole number from 1 to ${train}`,
    );
  }
}

/**
 * Timesteps given by hand.
 *
 * @throws {RangeError} unless they fall and lie within training.
 */
export function checkTimesteps(
  timesteps: readonly number[],
  train: number,
): readonly number[] {
  if (timesteps.length === 0) throw new RangeError("Timesteps are empty");
  timesteps.forEach((t, i) => {
    if (typeof t !== "number" || !(t >= 0 && t <= train - 1)) {
      throw new RangeError(
        `Timestep ${i} is ${quote(t)}: it must be from 0 to ${train - 1}`,
      );
    }
    if (i > 0 && t >= timesteps[i - 1]!) {
      throw new RangeError(
        `Timesteps must fall, but number ${i} is ${t} after ${
          timesteps[i - 1]
        }`,
      );
    }
  });
  return timesteps;
}

/** Timesteps given by hand, rounded to whole ones; checked as {@linkcode checkTimesteps} does. */
export function wholeTimesteps(
  timesteps: readonly number[],
  train: number,
): number[] {
  return checkTimesteps(timesteps, train).map(roundHalfEven);
}
