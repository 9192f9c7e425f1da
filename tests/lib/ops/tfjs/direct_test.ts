import { assertEquals } from "@std/assert";
import type { Tensor } from "@tensorflow/tfjs";
import { tfjsOps } from "../../../../lib/ops/tfjs/ops.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";

const tf = await openTfjs("tensorflow");
const ops = tfjsOps(tf);
const backend = tf.backend() as unknown as {
  executeSingleOutput(name: string, ...rest: unknown[]): Tensor;
  write(...given: unknown[]): object;
};

/** Names of TensorFlow's operations that `run` runs. */
function operationsOf(run: () => void): string[] {
  const names: string[] = [];
  const { executeSingleOutput } = backend;
  backend.executeSingleOutput = function (name, ...rest) {
    names.push(name);
    return executeSingleOutput.call(this, name, ...rest);
  };
  try {
    tf.tidy(run);
  } finally {
    backend.executeSingleOutput = executeSingleOutput;
  }
  return names;
}

const x = tf.randomNormal([2, 3, 4]);
const weight = tf.randomNormal([5, 4]);
const bias = tf.randomNormal([5]);

Deno.test("a linear layer is two operations on TensorFlow, whatever the rank", () => {
  for (const one of [x, x.reshape([6, 4]), x.reshape([1, 2, 3, 4])]) {
    assertEquals(operationsOf(() => ops.linear(one, weight, bias)), [
      "Einsum",
      "BiasAdd",
    ]);
  }
});

Deno.test("axes and lengths are kept on the device, not made for each call", () => {
  const run = () =>
    tf.tidy(() => {
      tf.transpose(tf.sum(x, 1, true), [2, 1, 0]).reshape([8]);
    });
  run();
  const { write } = backend;
  let written = 0;
  backend.write = function (...given) {
    written++;
    return write.apply(this, given);
  };
  try {
    run();
  } finally {
    backend.write = write;
  }
  assertEquals(written, 0);
});
