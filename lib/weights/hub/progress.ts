/** How far a download is. */
export interface HubProgress {
  /** Path in the repository of the file that came on last. */
  readonly file: string;
  /** Bytes fetched so far, earlier runs included. */
  readonly loaded: number;
  /** Bytes in all. */
  readonly total: number;
  /** Files complete so far. */
  readonly filesDone: number;
  /** Files in all. */
  readonly files: number;
  /** Bytes a second since the beginning; 0 before the first. */
  readonly bytesPerSecond: number;
  /** Time left in seconds at this speed; `undefined` before the first byte. */
  readonly secondsLeft: number | undefined;
}

/** Counts bytes and files of one download. */
export class ProgressCounter {
  readonly #start = performance.now();
  readonly #total: number;
  readonly #files: number;
  readonly #report: (progress: HubProgress) => void;
  #file = "";
  #loaded = 0;
  #fetched = 0;
  #filesDone = 0;
  #reported = 0;

  /** Counts towards `total` bytes in `files` files, calling `report` at most ten times a second. */
  constructor(
    goal: { readonly total: number; readonly files: number },
    report: (progress: HubProgress) => void = () => {},
  ) {
    this.#total = goal.total;
    this.#files = goal.files;
    this.#report = report;
  }

  /** Notes bytes that were on disk before. */
  found(bytes: number): void {
    this.#loaded += bytes;
  }

  /** Notes bytes that came, or a negative number of those that were of no use. */
  add(bytes: number, file: string): void {
    this.#file = file;
    this.#loaded += bytes;
    this.#fetched += Math.max(bytes, 0);
    const now = performance.now();
    if (now - this.#reported < 100) return;
    this.#reported = now;
    this.#report(this.now());
  }

  /** Counts a file as complete. */
  fileDone(file: string): void {
    this.#file = file;
    this.#filesDone++;
    this.#report(this.now());
  }

  /** How far it is. */
  now(): HubProgress {
    const seconds = (performance.now() - this.#start) / 1000;
    const speed = seconds > 0 ? this.#fetched / seconds : 0;
    return {
      file: this.#file,
      loaded: this.#loaded,
      total: this.#total,
      filesDone: this.#filesDone,
      files: this.#files,
      bytesPerSecond: speed,
      secondsLeft: speed > 0 ? (this.#total - this.#loaded) / speed : undefined,
    };
  }
}
