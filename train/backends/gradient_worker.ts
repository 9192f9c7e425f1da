/** A thread that takes gradients of its part of each batch; see `gradient_threads.ts`. */

import {
  GradientSession,
  type LossNumbers,
  type WeightVector,
} from "../../lib/ops/onnx/gradients/gradient_session.ts";
import { serve } from "../threads/serve.ts";
import type { GradientRequest, GradientSetup } from "./gradient_messages.ts";
import { viewsOf } from "./weight_places.ts";

/** The thread's own copies, since onnxruntime refuses shared memory, and its graphs. */
interface Opened {
  readonly setup: GradientSetup;
  readonly weights: WeightVector;
  readonly gradients: WeightVector;
  readonly sessions: Map<string, GradientSession>;
}

serve(open, take);

function open(setup: GradientSetup): Promise<Opened> {
  const vector = (): WeightVector => {
    const whole = new Float32Array(setup.weights.length);
    return { whole, parts: viewsOf(whole, setup.places) };
  };
  const sessions = new Map<string, GradientSession>();
  return Promise.resolve({
    ...{ setup, sessions, weights: vector(), gradients: vector() },
  });
}

async function take(
  request: GradientRequest,
  { setup, weights, gradients, sessions }: Opened,
): Promise<LossNumbers | undefined> {
  const { key } = request;
  if ("open" in request) {
    sessions.set(key, await GradientSession.open(request.open));
    return;
  }
  const session = sessions.get(key)!;
  if ("free" in request) {
    sessions.delete(key);
    return void await session.dispose();
  }
  weights.whole.set(setup.weights);
  const numbers = await session.run({ ...request.run, weights, gradients });
  setup.gradient.set(gradients.whole);
  return numbers;
}
