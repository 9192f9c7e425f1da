import { type Progress, startProgress } from "../lib/core/command/progress.ts";

/** A progress line for what comes from the hub, anew for each repository. */
export interface FetchProgress {
  /** Takes the progress of `onProgress`. */
  readonly onProgress: (
    progress: { file: string; loaded: number; total: number },
  ) => void;
  /** Clears the line. */
  end(): void;
}

/** Starts a progress line with bytes, speed and time left. */
export function fetchProgress(): FetchProgress {
  let bar: Progress | undefined;
  let current: number | undefined;
  return {
    onProgress({ file, loaded, total }) {
      if (total !== current) {
        bar?.end();
        bar = startProgress("fetch", { unit: "bytes", total });
        current = total;
      }
      bar?.update(loaded, file);
    },
    end: () => bar?.end(),
  };
}
