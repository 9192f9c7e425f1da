import { shorten } from "../../lib/core/quote.ts";
import {
  formatSeconds,
  type ProgressLine,
} from "../../lib/core/command/progress.ts";

/** The state of training that a progress line shows. */
export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly samplesPerSecond: number;
  readonly secondsLeft: number;
}

/** `pocket-unet  step 120/4000  loss 0.1234  45.1 samples/s  1 h 12 min left`. */
export function trainingProgressLine(
  name: string,
  progress: TrainingProgress,
): string {
  const { step, steps, loss, samplesPerSecond, secondsLeft } = progress;
  return [
    name,
    `step ${step}/${steps}`,
    `loss ${loss.toPrecision(4)}`,
    `${samplesPerSecond.toPrecision(3)} samples/s`,
    `${formatSeconds(secondsLeft)} left`,
  ].join("  ");
}

/** Options of {@linkcode showTraining}. */
export interface ShowTrainingOptions {
  /** Whether this is a run's first loss, which a log gets at once. @default {false} */
  readonly first?: boolean;
  /** Clock in milliseconds. @default {performance.now} */
  readonly now?: () => number;
}

/** Shows the state of training on a line, whose time left runs down until the next state. */
export function showTraining(
  line: ProgressLine,
  name: string,
  progress: TrainingProgress,
  { first, now = () => performance.now() }: ShowTrainingOptions = {},
): void {
  const at = now();
  line.show(() => {
    const passed = (now() - at) / 1000;
    const secondsLeft = Math.max(0, progress.secondsLeft - passed);
    return trainingProgressLine(name, { ...progress, secondsLeft });
  }, { atOnce: first });
}

/** Shows that a run's first step is under way, which takes longest where it is compiled first. */
export function showBeginning(
  line: ProgressLine,
  name: string,
  { backend, compiles }: { backend: string; compiles?: boolean },
): void {
  const text = compiles ? "compiling the step for" : "first step on";
  line.show(() => `${name}  ${text} ${backend}…`, { atOnce: true });
}

/** Says that a step is compiled anew, and for which values of the batch: that takes seconds each time. */
export function showRecompiling(
  line: ProgressLine,
  name: string,
  batch: Readonly<Record<string, { readonly shape: readonly number[] }>>,
): void {
  const shapes = Object.entries(batch).map(([key, { shape }]) =>
    `${key} ${shape.join("×") || 1}`
  );
  line.print(
    `${name}  compiling again, the batch has another shape: ${
      shorten(shapes.join(", "))
    }`,
  );
}
