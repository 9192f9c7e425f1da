/** A thread that takes its part of each step of AdamW; see `adamw_threads.ts`. */

import {
  adamwPart,
  type Beginning,
  type StepMessage,
  sumOfSquares,
} from "./adamw_loop.ts";

/** The thread's side of its channel; the types of the library know the page's alone. */
const channel = globalThis as unknown as {
  onmessage: (event: MessageEvent<Beginning | StepMessage>) => void;
  postMessage(sum: number): void;
};

let begun: Beginning | undefined;

channel.onmessage = ({ data }) => {
  if (begun === undefined) {
    begun = data as Beginning;
    return;
  }
  const { state, part } = begun, { numbers } = data as StepMessage;
  if (numbers === undefined) {
    channel.postMessage(sumOfSquares(state.gradient, part));
    return;
  }
  adamwPart(state, part, numbers);
  channel.postMessage(0);
};
