import { join } from "node:path";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { scalarsEvent, versionEvent } from "./tfevents.ts";

/** One line of `log.jsonl`: numbers by name at a step. */
export interface LogEntry {
  /** Steps done, 1 after the first. */
  readonly step: number;
  /** The loss, metrics, rates and times of the step. */
  readonly [name: string]: number;
}

/** Name of the file of JSON lines in a run's folder. */
export const logName = "log.jsonl";

/** Name of TensorBoard's event file in a run's folder. */
export const eventsName = "events.out.tfevents.0.locref";

/** The log of a run, written as JSON lines and for TensorBoard. */
export class TrainingLog {
  readonly #lines: Deno.FsFile;
  readonly #events: Deno.FsFile;

  private constructor(lines: Deno.FsFile, events: Deno.FsFile) {
    this.#lines = lines;
    this.#events = events;
  }

  /**
   * Opens the log in folder `out`, without entries after step `after`. A killed run has logged more
   * steps than it saved, and repeats them.
   */
  static async open(out: string, after: number): Promise<TrainingLog> {
    const kept = (await readLog(out)).filter(({ step }) => step <= after);
    const lines = kept.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    await writeFileAtomically(join(out, logName), lines);
    await writeFileAtomically(join(out, eventsName), eventsOf(kept));
    const append = { append: true };
    return new TrainingLog(
      await Deno.open(join(out, logName), append),
      await Deno.open(join(out, eventsName), append),
    );
  }

  /** Adds an entry; it is in the files when this returns. */
  write(entry: LogEntry): void {
    const line = new TextEncoder().encode(`${JSON.stringify(entry)}\n`);
    writeWhole(this.#lines, line);
    writeWhole(this.#events, eventOf(entry));
  }

  /** Closes the files. */
  close(): void {
    this.#lines.close();
    this.#events.close();
  }
}

/** The entries in the log of the run in folder `out`; none where there is no log. */
export async function readLog(out: string): Promise<LogEntry[]> {
  const text = await Deno.readTextFile(join(out, logName)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  // what stands after the last line break was being written when the run was killed
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Seconds of training stand for TensorBoard's wall time, so that equal runs give equal files. */
function eventOf({ step, seconds = 0, ...scalars }: LogEntry): Uint8Array {
  return scalarsEvent(step, seconds, scalars);
}

function eventsOf(entries: readonly LogEntry[]): Uint8Array {
  const records = [versionEvent(0), ...entries.map(eventOf)];
  const length = records.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const one of records) {
    bytes.set(one, at);
    at += one.length;
  }
  return bytes;
}

function writeWhole(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
