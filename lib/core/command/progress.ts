/** A progress line on stderr. */

/** Options of {@linkcode openProgressLine}. */
export interface ProgressLineOptions {
  /** Milliseconds before the line appears on a terminal. @default {0} */
  readonly delay?: number;
  /** Milliseconds after which a terminal's line is drawn anew without a call. @default {never} */
  readonly refresh?: number;
  /** Whether to show anything at all. @default {true} */
  readonly enabled?: boolean;
  /**
   * Whether the line is drawn over; elsewhere, as in a log, a new one is printed every 30 seconds.
   * @default {stderr is a terminal}
   */
  readonly terminal?: boolean;
  /** Where the line is written. @default {stderr} */
  readonly write?: (text: string) => void;
  /** Clock in milliseconds. @default {performance.now} */
  readonly now?: () => number;
}

/** A line on stderr: drawn over on a terminal, printed anew every 30 seconds elsewhere. */
export interface ProgressLine {
  /** Shows what `line` returns when it is drawn, from now on; `atOnce` waits for no interval. */
  show(line: () => string, options?: { atOnce?: boolean }): void;
  /** Prints a message above the line. */
  print(message: string): void;
  /** Ends the line: clears it, or leaves its last state where `keep`. */
  end(options?: { keep?: boolean }): void;
}

/** Time between two drawings on a terminal, in milliseconds. */
const interval = 100;

/** Time between two lines where stderr is no terminal, in milliseconds. */
const lineInterval = 30_000;

/** Goes to the first column and clears the line. */
const clear = "\r\x1b[2K";

/** Opens a line that shows nothing yet. */
export function openProgressLine(
  options: ProgressLineOptions = {},
): ProgressLine {
  const { delay = 0, enabled = true, terminal = stderrIsTerminal() } = options;
  const { write = writeToStderr, now = () => performance.now() } = options;
  const start = now();
  let drawn = terminal ? -Infinity : start;
  let latest: (() => string) | undefined;
  const draw = (time = now()) => {
    const due = terminal
      ? time - start >= delay && time - drawn >= interval
      : time - drawn >= lineInterval;
    if (!enabled || !due || latest === undefined) return;
    drawn = time;
    write(terminal ? `${clear}${latest()}` : `${latest()}\n`);
  };
  const drawAgain = () => {
    drawn = -Infinity;
    draw();
  };
  const { refresh } = options;
  const timer = enabled && terminal && refresh !== undefined
    ? setInterval(draw, refresh)
    : undefined;
  const visible = () => terminal && drawn > -Infinity;
  return {
    show(line, { atOnce = false } = {}) {
      latest = line;
      if (atOnce) drawn = -Infinity;
      draw();
    },
    print(message) {
      const above = visible();
      write(`${above ? clear : ""}${message}\n`);
      if (above) drawAgain();
    },
    end({ keep = false } = {}) {
      clearInterval(timer);
      if (visible() && keep) drawAgain();
      if (visible()) write(keep ? "\n" : clear);
      drawn = terminal ? -Infinity : now();
      latest = undefined;
    },
  };
}

/** Options of {@linkcode startProgress}. */
export interface ProgressOptions extends Omit<ProgressLineOptions, "refresh"> {
  /** How many units there are in all; unknown where absent. */
  readonly total?: number;
  /** Unit of the count, such as `steps`; `bytes` is printed in kB, MB and GB. @default {"steps"} */
  readonly unit?: string;
  /** Milliseconds before the line appears on a terminal. @default {2000} */
  readonly delay?: number;
}

/** A bar of progress that is being drawn. */
export interface Progress {
  /** Says that `done` units are finished, with a short `note` such as a loss. */
  update(done: number, note?: string): void;
  /** Clears the line. */
  end(): void;
}

/**
 * Starts a bar of progress. On a terminal it appears after two seconds and is drawn over; elsewhere
 * work that takes longer than 30 seconds prints a line every 30 seconds.
 */
export function startProgress(
  label: string,
  options: ProgressOptions = {},
): Progress {
  const { delay = 2000, now = () => performance.now() } = options;
  const start = now();
  const line = openProgressLine({ ...options, delay });
  return {
    update: (done, note = "") =>
      line.show(() => {
        const seconds = (now() - start) / 1000;
        const text = progressLine(label, done, seconds, options);
        return `${text}${note === "" ? "" : `  ${note}`}`;
      }),
    end: () => line.end(),
  };
}

/** `denoise ━━━━━━────── 12/30 steps  4.1/s  4 s left`. */
export function progressLine(
  label: string,
  done: number,
  seconds: number,
  options: Pick<ProgressOptions, "total" | "unit"> = {},
): string {
  const { total, unit = "steps" } = options;
  const bytes = unit === "bytes";
  const amount = (n: number) => bytes ? formatBytes(n) : String(n);
  const rate = seconds > 0 ? done / seconds : 0;
  const speed = bytes
    ? `${formatBytes(rate)}/s`
    : rate >= 1 || rate === 0
    ? `${rate.toFixed(1)}/s`
    : `${(1 / rate).toFixed(1)} s each`;
  const suffix = bytes ? "" : ` ${unit}`;
  if (total === undefined || total <= 0) {
    return `${label} ${amount(done)}${suffix}  ${speed}`;
  }
  const left = rate > 0 ? `  ${formatSeconds((total - done) / rate)} left` : "";
  return `${label} ${bar(done / total)} ${amount(done)}/${
    amount(total)
  }${suffix}  ${speed}${left}`;
}

function bar(fraction: number, width = 24): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return "━".repeat(full) + "─".repeat(width - full);
}

/** Bytes in kB, MB or GB, decimal. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let power = 0;
  let value = bytes;
  while (value >= 1000 && power < units.length - 1) {
    value /= 1000;
    power++;
  }
  return `${power === 0 ? Math.round(value) : value.toPrecision(3)} ${
    units[power]
  }`;
}

/** Seconds as `8 s`, `3 min 20 s` or `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}

function stderrIsTerminal(): boolean {
  return typeof Deno !== "undefined" && Deno.stderr.isTerminal();
}

function writeToStderr(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
