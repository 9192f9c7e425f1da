import { LocRefError } from "../../lib/core/error.ts";
import type { ThreadFailure, ThreadMessage, ThreadReply } from "./thread.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ThreadMessage>) => void;
  postMessage: (message: ThreadReply, transfer?: ArrayBufferLike[]) => void;
};

/**
 * Makes this module a thread: the first message opens it, each further one is a request.
 *
 * @param transfers Buffers of a result that move to the other thread. @default {none}
 */
export function serve<Setup, Opened, Request, Result>(
  open: (setup: Setup) => Promise<Opened>,
  run: (request: Request, opened: Opened) => Promise<Result>,
  transfers: (result: Result) => ArrayBufferLike[] = () => [],
): void {
  let opened: Promise<Opened> | undefined;
  scope.onmessage = async ({ data: { number, value } }) => {
    try {
      if (opened === undefined) {
        opened = open(value as Setup);
        await opened;
        scope.postMessage({ number });
        return;
      }
      const result = await run(value as Request, await opened);
      scope.postMessage({ number, result }, transfers(result));
    } catch (error) {
      scope.postMessage({ number, error: failureOf(error) });
    }
  };
}

function failureOf(error: unknown): ThreadFailure {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message } = error;
  return error instanceof LocRefError
    ? { message, code: error.code }
    : { message };
}
