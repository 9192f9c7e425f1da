import { assertEquals } from "@std/assert";
import type { LossProgram } from "../../../lib/ops/loss_program.ts";
import { gradientThreads } from "../../../train/backends/thread_counts.ts";

const programOf = (values: number, perSample = true): LossProgram => ({
  name: "layer",
  inputs: { x: "float" },
  perSample,
  run: (ops, weights, { x }) => ({
    loss: ops.mean(ops.mul(x!, weights.get("w", [values]))),
  }),
});

const cpu = { device: "cpu", threads: 8 } as const;

Deno.test("threads share a batch on the CPU, each for half a million values, four at most", () => {
  const counts = [2 ** 18, 2 ** 20, 2 ** 24].map((values) =>
    gradientThreads({ program: programOf(values) }, cpu)
  );
  assertEquals(counts, [1, 2, 4]);
});

Deno.test("one thread takes a batch whose samples meet, a large model, and a GPU's", () => {
  const large = 2 ** 24;
  assertEquals(gradientThreads({ program: programOf(large, false) }, cpu), 1);
  assertEquals(gradientThreads({ program: programOf(2 ** 27) }, cpu), 1);
  assertEquals(
    gradientThreads({ program: programOf(large) }, { ...cpu, device: "cuda" }),
    1,
  );
});
