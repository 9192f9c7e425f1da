/** A thread that takes its part of each step of AdamW; see `adamw_threads.ts`. */

import { serve } from "../threads/serve.ts";
import {
  adamwPart,
  type Beginning,
  type StepMessage,
  sumOfSquares,
} from "./adamw_loop.ts";

serve((setup: Beginning) => Promise.resolve(setup), take);

function take(
  { numbers }: StepMessage,
  { state, part }: Beginning,
): Promise<number> {
  if (numbers === undefined) {
    return Promise.resolve(sumOfSquares(state.gradient, part));
  }
  adamwPart(state, part, numbers);
  return Promise.resolve(0);
}
