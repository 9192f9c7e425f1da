/** A progress line on stderr. */

/** Options of {@linkcode startProgress}. */
export interface ProgressOptions {
  /** How many units there are in all; unknown where absent. */
  readonly total?: number;
  /** Unit of the count, such as `steps`; `bytes` is printed in kB, MB and GB. @default {"steps"} */
  readonly unit?: string;
  /** Milliseconds before the line appears on a terminal. @default {2000} */
  readonly delay?: number;
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

/** A progress line that is being drawn. */
export interface Progress {
  /** Says that `done` units are finished, with a short `note` such as a loss. */
  update(done: number, note?: string): void;
  /** Clears the line. */
  end(): void;
}

/** Time between two drawings on a terminal, in milliseconds. */
const interval = 100;

/** Time between two lines where stderr is no terminal, in milliseconds. */
export const lineInterval = 30_000;

/**
 * Starts a progress line. On a terminal it appears after two seconds and is drawn over; elsewhere
 * work that takes longer than 30 seconds prints a line every 30 seconds.
 */
export function startProgress(
  label: string,
  options: ProgressOptions = {},
): Progress {
  const {
    delay = 2000,
    enabled = true,
    terminal = stderrIsTerminal(),
    write = writeToStderr,
    now = () => performance.now(),
  } = options;
  const start = now();
  let drawn = terminal ? -Infinity : start;
  const due = (time: number) =>
    terminal
      ? time - start >= delay && time - drawn >= interval
      : time - drawn >= lineInterval;
  return {
    update(done, note = "") {
      const time = now();
      if (!enabled || !due(time)) return;
      drawn = time;
      const line = progressLine(label, done, (time - start) / 1000, options);
      const text = `${line}${note === "" ? "" : `  ${note}`}`;
      write(terminal ? `\r\x1b[2K${text}` : `${text}\n`);
    },
    end() {
      if (terminal && drawn > -Infinity) write("\r\x1b[2K");
      drawn = terminal ? -Infinity : now();
    },
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
