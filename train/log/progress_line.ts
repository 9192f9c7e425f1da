import { formatSeconds, lineInterval } from "../../lib/core/progress.ts";

/** Values of a progress line. */
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

/** Options of {@linkcode ProgressLine}. */
export interface ProgressLineOptions {
  /** Whether to show anything at all. @default {true} */
  readonly enabled?: boolean;
  /** Whether the line is drawn over. @default {stderr is a terminal} */
  readonly terminal?: boolean;
  /** Where the line is written. @default {stderr} */
  readonly write?: (text: string) => void;
  /** Clock in milliseconds. @default {performance.now} */
  readonly now?: () => number;
}

/** A line on stderr: drawn over on a terminal, printed anew every 30 seconds elsewhere. */
export class ProgressLine {
  readonly #name: string;
  readonly #enabled: boolean;
  readonly #terminal: boolean;
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #latest: { progress: TrainingProgress; at: number } | undefined;
  #printed: number;

  constructor(name: string, options: ProgressLineOptions = {}) {
    this.#name = name;
    this.#enabled = options.enabled ?? true;
    this.#terminal = options.terminal ?? Deno.stderr.isTerminal();
    this.#write = options.write ?? writeToStderr;
    this.#now = options.now ?? (() => performance.now());
    this.#printed = this.#now();
    // drawn by the clock too, so that the line lives while ranks wait for each other
    if (this.#enabled && this.#terminal) {
      this.#timer = setInterval(() => this.#draw(), 500);
    }
  }

  /** Shows another state. */
  update(progress: TrainingProgress): void {
    this.#latest = { progress, at: this.#now() };
    if (!this.#enabled) return;
    if (this.#terminal) this.#draw();
    else if (this.#now() - this.#printed >= lineInterval) {
      this.#printed = this.#now();
      this.#write(`${trainingProgressLine(this.#name, progress)}\n`);
    }
  }

  #draw(): void {
    if (!this.#enabled || !this.#terminal || this.#latest === undefined) return;
    const { progress, at } = this.#latest;
    const passed = (this.#now() - at) / 1000;
    const secondsLeft = Math.max(0, progress.secondsLeft - passed);
    const line = trainingProgressLine(this.#name, { ...progress, secondsLeft });
    this.#write(`\r\x1b[2K${line}`);
  }

  /** Prints a message above the line. */
  tell(message: string): void {
    const drawn = this.#latest !== undefined && this.#enabled && this.#terminal;
    this.#write(`${drawn ? "\r\x1b[2K" : ""}${message}\n`);
    this.#draw();
  }

  /** Ends the line. */
  close(): void {
    clearInterval(this.#timer);
    if (this.#enabled && this.#terminal && this.#latest) this.#write("\n");
    this.#latest = undefined;
  }
}

function writeToStderr(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
