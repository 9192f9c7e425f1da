import { formatSeconds } from "../../lib/progress.ts";

/** What a progress line tells. */
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

/** A line on stderr that is drawn over, if stderr is a terminal. */
export class ProgressLine {
  readonly #name: string;
  readonly #enabled: boolean;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #latest: { progress: TrainingProgress; at: number } | undefined;

  constructor(name: string, enabled = Deno.stderr.isTerminal()) {
    this.#name = name;
    this.#enabled = enabled;
    // drawn by the clock too, so that the line lives while ranks wait for each other
    if (enabled) this.#timer = setInterval(() => this.#draw(), 500);
  }

  /** Shows another state. */
  update(progress: TrainingProgress): void {
    this.#latest = { progress, at: performance.now() };
    this.#draw();
  }

  #draw(): void {
    if (!this.#enabled || this.#latest === undefined) return;
    const { progress, at } = this.#latest;
    const passed = (performance.now() - at) / 1000;
    const secondsLeft = Math.max(0, progress.secondsLeft - passed);
    const line = trainingProgressLine(this.#name, { ...progress, secondsLeft });
    write(`\r\x1b[2K${line}`);
  }

  /** Prints a message above the line. */
  tell(message: string): void {
    write(`${this.#latest && this.#enabled ? "\r\x1b[2K" : ""}${message}\n`);
    this.#draw();
  }

  /** Ends the line. */
  close(): void {
    clearInterval(this.#timer);
    if (this.#enabled && this.#latest) write("\n");
    this.#latest = undefined;
  }
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
