/** A request to stop the run. */
export interface StopRequest {
  /** Whether to stop after the current step. */
  readonly requested: boolean;
  /** Stops listening. */
  close(): void;
}

/**
 * Listens for Ctrl-C and SIGTERM: the first asks to stop after the current step, the second ends
 * the process at once.
 *
 * @param tell takes a sentence for the user.
 */
export function listenForStop(
  tell: (message: string) => void,
  abort?: AbortSignal,
): StopRequest {
  let requested = false;
  const stop = () => {
    if (requested) Deno.exit(130);
    requested = true;
    tell("Stopping after this step; once more to stop at once, unsaved");
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  return {
    get requested() {
      return requested || (abort?.aborted ?? false);
    },
    close() {
      for (const signal of signals) Deno.removeSignalListener(signal, stop);
    },
  };
}
