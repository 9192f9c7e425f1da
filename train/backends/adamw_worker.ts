/** A thread that takes its part of each step of AdamW; see `adamw_threads.ts`. */

import { parentPort, workerData } from "node:worker_threads";
import {
  adamwPart,
  type Part,
  type State,
  type StepMessage,
  sumOfSquares,
} from "./adamw_loop.ts";

const { state, part } = workerData as {
  readonly state: State;
  readonly part: Part;
};

parentPort!.on("message", ({ numbers }: StepMessage) => {
  if (numbers === undefined) {
    parentPort!.postMessage(sumOfSquares(state.gradient, part));
    return;
  }
  adamwPart(state, part, numbers);
  parentPort!.postMessage(0);
});
